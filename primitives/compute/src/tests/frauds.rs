//! One honest party shows every wrong bit, and none can show a right one.

use super::*;
use crate::{
	blob::BlobError,
	fraud::{ClaimError, FraudError, Shown},
	kinds::{Part, Place, Unjudged, MAX_CHUNK_BYTES, MAX_INNER, MAX_ITEM_BYTES},
	FraudProof,
};
use codec::Encode;

/// A part of the result with a bit that is not the result's. There is none of the output of a fold, which is
/// not a list: the last step says what it is.
fn corrupt(
	parts: &mut Parts,
	part: prop::sample::Index,
	bit: prop::sample::Index,
	is_fold: bool,
) -> Part {
	let mut wrong: Vec<(Part, &mut Vec<u8>)> =
		parts.made.iter_mut().enumerate().map(|(at, part)| (Part::Made(at as u8), part)).collect();
	if !is_fold {
		wrong.push((Part::Output, &mut parts.output));
	}
	let at = part.index(wrong.len());
	let (part, bytes) = &mut wrong[at];
	let bit = bit.index(bytes.len() * 8);
	bytes[bit / 8] ^= 1 << (bit % 8);
	*part
}

/// The places of a job, a few of them.
fn places(given: &Given) -> Vec<Place> {
	let layout = given.job.layout().expect("there is such a job");
	let all = layout.lists().flat_map(|(part, list)| {
		let last = list.records - 1;
		[0, last / 2, last].map(|record| Place { part, record })
	});
	all.collect()
}

/// The state before a place: none, but in a fold.
fn state_before(given: &Given, place: Place) -> Vec<u8> {
	let crate::Work::Wasm(Wasm { chunk_bytes, .. }) = given.job.work else { return Vec::new() };
	let input = given.input[..place.record as usize * chunk_bytes as usize].to_vec();
	if input.is_empty() {
		return Vec::new();
	}
	let job = job(given.job.work.clone(), &input, None);
	Given { job, input, ..given.clone() }.run().output
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(
		ProptestConfig::default().cases.clamp(2_500, 10_000)
	))]

	#[test]
	fn what_is_wrong_is_proven_and_what_is_right_is_not(
		given in given(),
		is_wrong in any::<bool>(),
		part in any::<prop::sample::Index>(),
		bit in any::<prop::sample::Index>(),
	) {
		let Given { job, code, .. } = &given;
		let code = code.as_ref();
		let right = given.run();
		let mut parts = right.clone();
		if is_wrong {
			corrupt(&mut parts, part, bit, code.is_some());
		}
		let wrong = job.first_wrong(&parts, code).expect("it can be judged");
		let shown = Shown::new(parts);
		let Some((claim, ending)) = shown.claim(job) else {
			// The last step says that the state is longer than one may be: nobody can claim that.
			prop_assert!(is_wrong && code.is_some());
			return Ok(());
		};
		match (is_wrong, wrong) {
			(false, None) => {
				prop_assert_eq!(job.check(&claim, ending.as_ref()), Ok(()));
				// Nobody can show otherwise: not of any place, with any state.
				for place in places(&given) {
					let state = state_before(&given, place);
					let proof = shown.prove(job, place, state.clone()).expect("it is there");
					let is_right = Err(FraudError::RecordIsRight);
					prop_assert_eq!(proof.check(job, &claim, code), is_right);
					let other = [state, vec![1]].concat();
					let proof = shown.prove(job, place, other).expect("it is there");
					prop_assert_eq!(proof.check(job, &claim, code), Err(FraudError::WrongState));
				}
			}
			(true, Some((place, state))) => {
				let proof = shown.prove(job, place, state).expect("it is there");
				prop_assert_eq!(proof.check(job, &claim, code), Ok(()));
						// Of the true result it shows nothing.
				let (truth, _) = Shown::new(right).claim(job).expect("it can be claimed");
				prop_assert!(proof.check(job, &truth, code).is_err());
			}
			(_, wrong) => prop_assert!(false, "{is_wrong} {wrong:?}"),
		}
	}
}

/// A transaction of 128 KiB has room for the largest proof of each kind, and for its own bytes.
#[test]
fn the_largest_proofs_fit_a_transaction() {
	let largest = |job: Job, input: Vec<u8>, code: Option<&Code>| {
		let mut parts = job.run(input, Vec::new(), code).expect("there is such a job");
		let wrong = parts.made.first_mut().unwrap_or(&mut parts.output);
		*wrong.last_mut().unwrap() ^= 1;
		let (place, state) = job.first_wrong(&parts, code).unwrap().expect("it is wrong");
		let shown = Shown::new(parts);
		let (claim, _) = shown.claim(&job).expect("it can be claimed");
		let proof = shown.prove(&job, place, state).expect("it is there");
		assert_eq!(proof.check(&job, &claim, code), Ok(()));
		proof.encoded_size()
	};
	let most = mbongo_primitives::limits::MAX_TRANSACTION_BYTES as usize - 4 * 1024;
	// Rows and columns begin in the middle of a leaf, once there is one before them.
	let (m, k, n) = (3, MAX_INNER - 1, 3);
	let input = vec![5; ((m + n) * k) as usize];
	let size = largest(job(MatMul { m, k, n }, &input, None), input, None);
	assert!((98_000..most).contains(&size), "{size}");
	let item_bytes = MAX_ITEM_BYTES - 1;
	let input = vec![7; 3 * item_bytes as usize];
	let size = largest(job(Hashes { key: [1; 32], item_bytes }, &input, None), input, None);
	assert!((65_000..most).contains(&size), "{size}");
	// The first chunk makes a state that is as long as it may be, which the guest then keeps.
	let code = code(FOLD);
	let work =
		Wasm { code_hash: code.hash(), chunk_bytes: MAX_CHUNK_BYTES - 1, step_fuel: 10_000_000 };
	let input = vec![9; 2 * work.chunk_bytes as usize];
	let size = largest(job(work, &input, None), input, Some(&code));
	assert!((64_000..most).contains(&size), "{size}");
}

#[test]
fn what_cannot_be_judged_is_not_right() {
	let input = vec![1; 18];
	let product = job(MatMul { m: 2, k: 3, n: 4 }, &input, None);
	let right = product.run(input, Vec::new(), None).unwrap();
	assert_eq!(product.first_wrong(&right, None), Ok(None));
	let altered = |change: &dyn Fn(&mut Parts)| {
		let mut parts = right.clone();
		change(&mut parts);
		product.first_wrong(&parts, None)
	};
	let wrong = |part| Err(Unjudged::WrongLength(part));
	assert_eq!(altered(&|it| it.input.truncate(17)), wrong(Part::Input));
	assert_eq!(altered(&|it| it.data.push(0)), wrong(Part::Data));
	assert_eq!(altered(&|it| it.made.push(Vec::new())), wrong(Part::Made(1)));
	assert_eq!(altered(&|it| it.output.push(0)), wrong(Part::Output));
	assert_eq!(altered(&|it| it.output.clear()), wrong(Part::Output));
	let none = Job { version: 9, ..product.clone() };
	assert_eq!(none.first_wrong(&right, None), Err(Unjudged::NoSuchJob));

	let code = code(FOLD);
	let work = Wasm { code_hash: code.hash(), chunk_bytes: 10, step_fuel: 1_000_000 };
	let fold = job(work, &[0; 25], None);
	let mut parts = fold.run(vec![0; 25], Vec::new(), Some(&code)).unwrap();
	assert_eq!(fold.first_wrong(&parts, Some(&code)), Ok(None));
	assert_eq!(fold.first_wrong(&parts, None), Err(Unjudged::NoCode));
	parts.output[3] ^= 1;
	assert_eq!(fold.first_wrong(&parts, Some(&code)), Err(Unjudged::OtherEnding));
}

/// A wrong product, its claim, and the proof that it is wrong.
fn wrong_product() -> (Job, crate::Claim, FraudProof) {
	let (m, k, n) = (30, 1_500, 20);
	let input: Vec<u8> = (0..(m + n) * k).map(|at| (at * 7 % 251) as u8).collect();
	let job = job(MatMul { m, k, n }, &input, None);
	let mut parts = job.run(input, Vec::new(), None).expect("there is such a job");
	parts.output[4 * 333] ^= 1;
	let (place, state) = job.first_wrong(&parts, None).unwrap().expect("it is wrong");
	assert_eq!(place, Place { part: Part::Output, record: 333 });
	let shown = Shown::new(parts);
	let (claim, _) = shown.claim(&job).expect("it can be claimed");
	let proof = shown.prove(&job, place, state).expect("it is there");
	assert_eq!(proof.check(&job, &claim, None), Ok(()));
	(job, claim, proof)
}

#[test]
fn a_proof_that_is_altered_is_refused_by_name() {
	use BlobError::*;
	use FraudError::*;
	let (job, claim, proof) = wrong_product();
	let refused = |change: &dyn Fn(&mut FraudProof)| {
		let mut proof = proof.clone();
		change(&mut proof);
		proof.check(&job, &claim, None).unwrap_err()
	};
	assert_eq!(refused(&|it| it.place.record = 600), NoSuchPlace);
	assert_eq!(refused(&|it| it.place.part = Part::Made(0)), NoSuchPlace);
	assert_eq!(refused(&|it| it.place.part = Part::Input), NoSuchPlace);
	// The next cell lies in the same leaf, but its column does not.
	assert!(matches!(refused(&|it| it.place.record = 334), BadSource(1, _)));
	assert_eq!(refused(&|it| it.place.record = 0), BadRecord(NotInBlob));
	assert!(matches!(
		refused(&|it| it.sources =
			it.sources.iter().rev().cloned().collect::<Vec<_>>().try_into().unwrap()),
		BadSource(0, _)
	));
	assert_eq!(refused(&|it| it.sources.truncate(1)), WrongSources);
	assert_eq!(refused(&|it| it.sources = Default::default()), WrongSources);
	assert_eq!(refused(&|it| it.claimed.bytes.truncate(1_000)), BadRecord(WrongLength));
	assert_eq!(refused(&|it| it.claimed.bytes.try_push(0).unwrap()), BadRecord(WrongLength));
	assert_eq!(refused(&|it| it.claimed.bytes[0] ^= 1), BadRecord(NotInBlob));
	assert_eq!(refused(&|it| it.claimed.siblings.truncate(0)), BadRecord(WrongSiblings));
	assert_eq!(refused(&|it| it.sources[1].bytes[77] ^= 1), BadSource(1, NotInBlob));
	assert_eq!(refused(&|it| it.sources[0].siblings.truncate(3)), BadSource(0, WrongSiblings));
	let of_others =
		|it: &mut FraudProof| it.sources[0].siblings.try_push(Default::default()).unwrap();
	assert_eq!(refused(&of_others), BadSource(0, WrongSiblings));
	// Of another task, whose input is another, and of another claim.
	let other = Job { input: BlobId::of(&[1; 75_000]), ..job.clone() };
	assert_eq!(proof.check(&other, &claim, None), Err(BadSource(0, NotInBlob)));
	let mut altered = claim.clone();
	altered.output.len -= 1;
	assert_eq!(proof.check(&job, &altered, None), Err(BadRecord(NotInBlob)));
	let later = Job { version: 2, ..job.clone() };
	assert_eq!(proof.check(&later, &claim, None), Err(NoSuchJob));
	assert_eq!(refused(&|it| it.state = vec![1].try_into().unwrap()), WrongState);
	// Of a claim with another output.
	let mut others = claim.clone();
	others.output = BlobId::of(&[0; 2_400]);
	assert_eq!(proof.check(&job, &others, None), Err(BadRecord(NotInBlob)));
}

#[test]
fn no_bit_of_a_proof_can_be_changed() {
	use codec::DecodeAll;
	let (job, claim, proof) = wrong_product();
	let bytes = proof.encode();
	for bit in (0..bytes.len() * 8).step_by(7) {
		let mut bytes = bytes.clone();
		bytes[bit / 8] ^= 1 << (bit % 8);
		if let Ok(other) = FraudProof::decode_all(&mut &bytes[..]) {
			assert!(other.check(&job, &claim, None).is_err(), "{bit}");
		}
	}
}

#[test]
fn a_claim_that_does_not_fit_its_job_is_refused_by_name() {
	let (job, claim, _) = wrong_product();
	let refused = |change: &dyn Fn(&mut crate::Claim)| {
		let mut claim = claim.clone();
		change(&mut claim);
		job.check(&claim, None).unwrap_err()
	};
	assert_eq!(job.check(&claim, None), Ok(()));
	assert_eq!(refused(&|it| it.units += 1), ClaimError::WrongUnits);
	assert_eq!(refused(&|it| it.output.len += 4), ClaimError::WrongLength(Part::Output));
	assert_eq!(refused(&|it| it.output.version = 2), ClaimError::WrongLength(Part::Output));
	let one_more = |it: &mut crate::Claim| it.made.try_push(it.output).expect("there is room");
	assert_eq!(refused(&one_more), ClaimError::WrongParts);
	assert_eq!(job.check(&claim, Some(&Default::default())), Err(ClaimError::WrongEnding));
	let later = Job { version: 2, ..job.clone() };
	assert_eq!(later.check(&claim, None), Err(ClaimError::NoSuchJob));
	let none = Job { work: MatMul { m: 0, k: 1, n: 1 }.into(), ..job };
	assert_eq!(none.check(&claim, None), Err(ClaimError::NoSuchJob));
}

proptest! {
	#[test]
	fn a_fold_ends_as_its_last_step_says(given in wasm(), other in any::<[u8; 32]>()) {
		let shown = Shown::new(given.run());
		let (claim, ending) = shown.claim(&given.job).expect("it can be claimed");
		let check = |claim: &_, ending: Option<&_>| given.job.check(claim, ending);
		prop_assert_eq!(check(&claim, ending.as_ref()), Ok(()));
		prop_assert_eq!(check(&claim, None), Err(ClaimError::WrongEnding));
		let mut altered = claim.clone();
		altered.output.root = other.into();
		prop_assert_eq!(check(&altered, ending.as_ref()), Err(ClaimError::WrongOutput));
		for len in [0, claim.output.len + 1, claim.output.len.wrapping_sub(1)] {
			let mut altered = claim.clone();
			altered.output.len = len;
			if altered != claim {
				prop_assert_eq!(check(&altered, ending.as_ref()), Err(ClaimError::WrongOutput));
			}
		}
		let mut altered = claim.clone();
		altered.units += 1;
		prop_assert_eq!(check(&altered, ending.as_ref()), Err(ClaimError::WrongUnits));
		let mut proof = ending.clone().expect("it ends");
		proof.bytes[0] ^= 1;
		prop_assert_eq!(
			check(&claim, Some(&proof)),
			Err(ClaimError::BadEnding(BlobError::NotInBlob))
		);
	}
}
