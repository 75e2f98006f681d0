//! Writes the corpus: what people do with the pallets, a file for each story. Run it in this folder
//! whenever calls change: `SKIP_WASM_BUILD=1 cargo run --example seeds`.

use codec::Encode;
use mbongo_primitives::{units::MBO, AccountId};
use mbongo_runtime::{configs::ProxyType, genesis::dev_session_keys, governance::Origin, *};
use mbongo_runtime_fuzz::{
	Chain,
	Step::{self, EndBlock, HandIn, Send},
};
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use polkadot_sdk::{
	frame_support::{
		traits::{schedule::DispatchTime, Bounded, KeyOwnerProofSystem},
		weights::Weight,
	},
	sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, Dave},
	sp_runtime::traits::Hash as _,
	*,
};
use sp_consensus_pouw::{
	Attestation, AuthorityPair, EquivocationProof, ParentAttestations, KEY_TYPE,
};
use sp_core::{Pair, H256};
use std::{fs, path::Path};

fn write(name: &str, steps: impl IntoIterator<Item = Step>) {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/calls");
	fs::create_dir_all(&folder).expect("the folder can be made");
	let bytes = steps.into_iter().flat_map(|step| step.encode()).collect::<Vec<_>>();
	fs::write(folder.join(name), bytes).expect("the file can be written");
}

/// The development accounts in the order of the keyring.
const BY_ALICE: u8 = 0;
const BY_BOB: u8 = 1;
const BY_CHARLIE: u8 = 2;
const BY_DAVE: u8 = 3;

fn send(who: u8, call: impl Into<RuntimeCall>) -> Step {
	Send { who, tip: who, call: call.into() }
}

const NEXT: Step = EndBlock { empty_slots: 0 };
const LATER: Step = EndBlock { empty_slots: 25 }; // in another session

fn main() {
	let [alice, bob, charlie, dave] =
		[Alice, Bob, Charlie, Dave].map(|who| AccountId::from(who.public()));
	let nobody = AccountId::from([9; 32]);
	let pay = |dest: &AccountId, value| {
		RuntimeCall::from(pallet_balances::Call::transfer_allow_death {
			dest: dest.clone().into(),
			value,
		})
	};
	let all = |dest: &AccountId| pallet_balances::Call::transfer_all {
		dest: dest.clone().into(),
		keep_alive: false,
	};

	write(
		"transfers",
		[
			send(BY_ALICE, pay(&bob, MBO)),
			send(BY_BOB, pay(&nobody, 1)),
			send(BY_BOB, pay(&nobody, MBO / 1_000)),
			NEXT,
			send(BY_CHARLIE, all(&nobody)),
			send(BY_CHARLIE, pay(&bob, 1)),
			send(BY_ALICE, pallet_balances::Call::burn { value: MBO, keep_alive: true }),
			NEXT,
		],
	);

	let calls = vec![pay(&charlie, MBO), pay(&charlie, u128::MAX), pay(&dave, MBO)];
	write(
		"batches",
		[
			send(BY_ALICE, pallet_utility::Call::batch { calls: calls.clone() }),
			send(BY_ALICE, pallet_utility::Call::batch_all { calls: calls.clone() }),
			send(BY_ALICE, pallet_utility::Call::force_batch { calls }),
			send(
				BY_ALICE,
				pallet_utility::Call::as_derivative { index: 7, call: Box::new(pay(&bob, 1)) },
			),
			NEXT,
		],
	);

	write(
		"proxies",
		[
			send(
				BY_ALICE,
				pallet_proxy::Call::add_proxy {
					delegate: bob.clone().into(),
					proxy_type: ProxyType::Any,
					delay: 0,
				},
			),
			send(
				BY_BOB,
				pallet_proxy::Call::proxy {
					real: alice.clone().into(),
					force_proxy_type: None,
					call: Box::new(pay(&charlie, MBO)),
				},
			),
			send(
				BY_ALICE,
				pallet_proxy::Call::create_pure {
					proxy_type: ProxyType::NonTransfer,
					delay: 1,
					index: 0,
				},
			),
			send(
				BY_BOB,
				pallet_proxy::Call::announce {
					real: alice.clone().into(),
					call_hash: H256::repeat_byte(1),
				},
			),
			NEXT,
			send(
				BY_BOB,
				pallet_proxy::Call::remove_announcement {
					real: alice.clone().into(),
					call_hash: H256::repeat_byte(1),
				},
			),
			send(BY_ALICE, pallet_proxy::Call::remove_proxies {}),
			send(BY_ALICE, pallet_proxy::Call::poke_deposit {}),
			NEXT,
		],
	);

	let call = pay(&dave, MBO);
	let call_hash = sp_io::hashing::blake2_256(&call.encode());
	let mut others = [bob.clone(), charlie.clone()];
	others.sort();
	let mut rest = [alice.clone(), charlie.clone()];
	rest.sort();
	write(
		"multisig",
		[
			send(
				BY_ALICE,
				pallet_multisig::Call::approve_as_multi {
					threshold: 2,
					other_signatories: others.to_vec(),
					maybe_timepoint: None,
					call_hash,
					max_weight: Default::default(),
				},
			),
			NEXT,
			send(
				BY_BOB,
				pallet_multisig::Call::as_multi {
					threshold: 2,
					other_signatories: rest.to_vec(),
					maybe_timepoint: Some(pallet_multisig::Timepoint { height: 1, index: 1 }),
					call: Box::new(call.clone()),
					max_weight: Default::default(),
				},
			),
			send(
				BY_ALICE,
				pallet_multisig::Call::cancel_as_multi {
					threshold: 2,
					other_signatories: others.to_vec(),
					timepoint: pallet_multisig::Timepoint { height: 1, index: 1 },
					call_hash,
				},
			),
			send(
				BY_ALICE,
				pallet_multisig::Call::as_multi_threshold_1 {
					other_signatories: others.to_vec(),
					call: Box::new(call),
				},
			),
			NEXT,
		],
	);

	let bytes = vec![1, 2, 3];
	let hash = sp_runtime::traits::BlakeTwo256::hash(&bytes);
	write(
		"preimages",
		[
			send(BY_ALICE, pallet_preimage::Call::note_preimage { bytes: bytes.clone() }),
			send(BY_BOB, pallet_preimage::Call::note_preimage { bytes }),
			NEXT,
			send(BY_BOB, pallet_preimage::Call::unnote_preimage { hash }),
			send(BY_ALICE, pallet_preimage::Call::unnote_preimage { hash }),
			NEXT,
		],
	);

	let remark = frame_system::Call::remark_with_event { remark: vec![7; 40] };
	write("remarks", [send(BY_ALICE, remark.clone()), NEXT, send(BY_BOB, remark), LATER]);

	let stake = |validator: &AccountId, amount| pallet_staking::Call::stake {
		validator: validator.clone(),
		amount,
	};
	let unstake = |validator: &AccountId, amount| pallet_staking::Call::unstake {
		validator: validator.clone(),
		amount,
	};
	write(
		"stakes",
		[
			send(BY_DAVE, stake(&alice, 10 * MBO)),
			send(BY_DAVE, stake(&bob, MBO)),
			send(
				BY_DAVE,
				pallet_staking::Call::redelegate {
					from: alice.clone(),
					to: bob.clone(),
					amount: 4 * MBO,
				},
			),
			LATER,
			send(BY_DAVE, unstake(&alice, MBO)),
			send(BY_DAVE, pallet_staking::Call::claim_rewards { validator: bob.clone() }),
			send(BY_CHARLIE, pallet_staking::Call::payout { validator: alice.clone() }),
			LATER,
			send(BY_DAVE, unstake(&bob, u128::MAX)),
			LATER,
			LATER,
			LATER,
			send(BY_DAVE, pallet_staking::Call::withdraw {}),
			send(
				BY_CHARLIE,
				pallet_staking::Call::settle { who: dave.clone(), validator: alice.clone() },
			),
			NEXT,
		],
	);
	let percent = polkadot_sdk::sp_runtime::Perbill::from_percent;
	write(
		"validators",
		[
			send(BY_ALICE, pallet_staking::Call::chill {}),
			send(BY_BOB, pallet_staking::Call::set_commission { commission: percent(6) }),
			LATER,
			send(BY_ALICE, unstake(&alice, u128::MAX)),
			send(BY_DAVE, stake(&dave, 1_000 * MBO)),
			send(BY_DAVE, pallet_staking::Call::register_validator { commission: percent(1) }),
			LATER,
			send(BY_ALICE, stake(&alice, 1_000 * MBO)),
			send(BY_ALICE, pallet_staking::Call::register_validator { commission: percent(2) }),
			send(BY_ALICE, pallet_staking::Call::resume {}),
			LATER,
			send(BY_ALICE, pallet_staking::Call::cancel_slash { number: 0 }),
			NEXT,
		],
	);

	write(
		"keys",
		[
			send(
				BY_ALICE,
				pallet_session::Call::set_keys {
					keys: dev_session_keys(Dave),
					proof: vec![0; 64 * 4],
				},
			),
			send(BY_BOB, pallet_session::Call::purge_keys {}),
			NEXT,
			LATER,
			LATER,
			send(BY_ALICE, pallet_session::Call::purge_keys {}),
			send(BY_CHARLIE, pallet_session::Call::purge_keys {}),
			LATER,
			LATER,
			LATER,
		],
	);

	let spend = pallet_treasury::Call::spend {
		asset_kind: Box::new(()),
		amount: MBO,
		beneficiary: Box::new(dave.clone().into()),
		valid_from: None,
	};
	let spend = RuntimeCall::from(spend).encode();
	let submit = |origin: OriginCaller| pallet_referenda::Call::submit {
		proposal_origin: Box::new(origin),
		proposal: Bounded::Inline(spend.clone().try_into().expect("it is small")),
		enactment_moment: DispatchTime::After(1),
	};
	let vote = |poll_index, aye, conviction| pallet_conviction_voting::Call::vote {
		poll_index,
		vote: AccountVote::Standard { vote: Vote { aye, conviction }, balance: 900 * MBO },
	};
	let small_spenders = configs::tracks::SMALL_SPENDER;
	write(
		"referendum",
		[
			send(BY_ALICE, submit(OriginCaller::Governance(Origin::SmallSpender))),
			send(BY_ALICE, submit(OriginCaller::system(frame_system::RawOrigin::Root))),
			send(BY_BOB, pallet_referenda::Call::place_decision_deposit { index: 0 }),
			NEXT,
			send(BY_CHARLIE, pallet_referenda::Call::place_decision_deposit { index: 1 }),
			send(BY_ALICE, pallet_referenda::Call::set_metadata { index: 0, maybe_hash: None }),
			send(BY_BOB, pallet_referenda::Call::refund_decision_deposit { index: 0 }),
			send(BY_BOB, pallet_referenda::Call::refund_submission_deposit { index: 1 }),
			send(BY_BOB, pallet_treasury::Call::payout { index: 0 }),
			send(BY_BOB, pallet_treasury::Call::check_status { index: 0 }),
			LATER,
		],
	);

	write(
		"votes",
		[
			send(BY_ALICE, submit(OriginCaller::Governance(Origin::SmallSpender))),
			send(BY_ALICE, submit(OriginCaller::Governance(Origin::WhitelistedCaller))),
			send(BY_BOB, vote(0, true, Conviction::Locked1x)),
			send(BY_ALICE, vote(1, false, Conviction::Locked6x)),
			send(
				BY_CHARLIE,
				pallet_conviction_voting::Call::delegate {
					class: small_spenders,
					to: bob.clone().into(),
					conviction: Conviction::None,
					balance: 500 * MBO,
				},
			),
			NEXT,
			send(BY_BOB, vote(0, false, Conviction::None)),
			send(
				BY_BOB,
				pallet_conviction_voting::Call::vote {
					poll_index: 1,
					vote: AccountVote::SplitAbstain { aye: MBO, nay: MBO, abstain: MBO },
				},
			),
			send(BY_CHARLIE, pallet_conviction_voting::Call::undelegate { class: small_spenders }),
			send(BY_BOB, pallet_conviction_voting::Call::remove_vote { class: None, index: 0 }),
			send(
				BY_ALICE,
				pallet_conviction_voting::Call::unlock {
					class: small_spenders,
					target: bob.clone().into(),
				},
			),
			NEXT,
		],
	);

	let motion = RuntimeCall::from(mbongo_runtime::governance::Call::note_stalled {
		delay: 1,
		best_finalized_block_number: 0,
	});
	let proposal = sp_runtime::traits::BlakeTwo256::hash_of(&motion);
	let length_bound = motion.encoded_size() as u32 + 4;
	let aye = || {
		let vote = pallet_collective::Call::vote { proposal, index: 0, approve: true };
		RuntimeCall::ValidatorsCouncil(vote)
	};
	let whitelist = RuntimeCall::from(pallet_whitelist::Call::whitelist_call {
		call_hash: H256::repeat_byte(1),
	});
	let proposed = |threshold, call: &RuntimeCall| {
		RuntimeCall::ValidatorsCouncil(pallet_collective::Call::propose {
			threshold,
			proposal: Box::new(call.clone()),
			length_bound: 1_000,
		})
	};
	write(
		"motions",
		[
			send(BY_ALICE, proposed(2, &motion)),
			send(BY_BOB, proposed(1, &whitelist)),
			send(BY_ALICE, aye()),
			send(BY_BOB, aye()),
			NEXT,
			send(
				BY_CHARLIE,
				RuntimeCall::ValidatorsCouncil(pallet_collective::Call::close {
					proposal_hash: proposal,
					index: 0,
					proposal_weight_bound: Weight::from_parts(10_000_000_000, 1_000_000),
					length_bound,
				}),
			),
			LATER,
			LATER,
		],
	);

	let code: pallet_contracts::CodeBytes =
		mbongo_contract_examples::COUNTER_WAT.to_vec().try_into().expect("it is short");
	let code_hash = sp_runtime::traits::BlakeTwo256::hash(&code);
	let counter = Contracts::address_of(&alice, code_hash, &[]);
	let gas_limit = 1_000_000;
	let call = |function: &str, args: &[Vec<u8>], value| pallet_contracts::Call::call {
		contract: counter.clone(),
		function: function.into(),
		args: args.to_vec(),
		value,
		gas_limit,
		deposit_limit: MBO,
	};
	let end =
		pallet_contracts::Call::terminate { contract: counter.clone(), beneficiary: dave.clone() };
	write(
		"contracts",
		[
			send(
				BY_ALICE,
				pallet_contracts::Call::deploy_code {
					code: code.clone(),
					function: "deploy".into(),
					args: vec![1_u64.encode()],
					value: 0,
					gas_limit,
					deposit_limit: MBO,
					salt: Default::default(),
				},
			),
			send(BY_BOB, pallet_contracts::Call::upload_code { code }),
			send(
				BY_BOB,
				pallet_contracts::Call::deploy {
					code_hash,
					function: "deploy".into(),
					args: vec![u64::MAX.encode()],
					value: 1,
					gas_limit,
					deposit_limit: MBO,
					salt: vec![1].try_into().expect("it is short"),
				},
			),
			NEXT,
			send(BY_BOB, call("add", &[2_u64.encode()], 0)),
			send(BY_ALICE, call("add", &[u64::MAX.encode()], 0)),
			send(BY_CHARLIE, call("get", &[], 7)),
			send(BY_CHARLIE, call("", &[vec![0; 9], vec![]], 0)),
			send(BY_CHARLIE, pay(&counter, MBO)),
			NEXT,
			send(
				BY_ALICE,
				pallet_contracts::Call::set_code { contract: counter.clone(), code_hash },
			),
			send(BY_ALICE, end.clone()),
			send(BY_BOB, end),
			send(BY_BOB, pallet_contracts::Call::remove_code { code_hash }),
			NEXT,
		],
	);

	let pair = AuthorityPair::from(Alice.pair());
	let attest =
		|block| Attestation::sign(&pair, &H256::zero(), 1_000.into(), H256::repeat_byte(block));
	let proof = EquivocationProof::from_pair(&attest(1), &attest(2)).expect("they contradict");
	let owner = Chain::new()
		.look(|| configs::KeyOwners::prove((KEY_TYPE, pair.public())))
		.expect("Alice is a validator");
	write(
		"reports",
		[
			NEXT,
			send(
				BY_ALICE,
				pallet_pouw::Call::report_equivocation {
					equivocation_proof: Box::new(proof.clone()),
					key_owner_proof: owner.clone(),
				},
			),
			HandIn(
				pallet_pouw::Call::report_equivocation_unsigned {
					equivocation_proof: Box::new(proof),
					key_owner_proof: owner,
				}
				.into(),
			),
			HandIn(
				pallet_pouw::Call::attest {
					attestations: ParentAttestations::new(3, []).expect("none is fine"),
					finalised: 0,
				}
				.into(),
			),
			NEXT,
		],
	);
}
