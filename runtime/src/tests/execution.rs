//! Gas, fees and receipts, in blocks as a node executes them.

use super::*;
use crate::errors::{ErrorTable, TABLE};
use codec::{Decode, Encode};
use mbongo_gas::MIN_GAS_PRICE;
use mbongo_primitives::{
	execution::{find_execution_log, receipts_root, ErrorClass, ReceiptProof, Status},
	Balance, Hash, Hashing,
};
use pallet_execution::ErrorTable as _;
use polkadot_sdk::{
	frame_support::storage::transactional::with_transaction_unchecked,
	sp_runtime::{
		generic::{Era, SignedPayload},
		traits::Hash as _,
		transaction_validity::{InvalidTransaction, TransactionValidityError},
		TransactionOutcome,
	},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A transaction of a development account.
pub fn signed(
	who: Sr25519Keyring,
	nonce: u32,
	tip: Balance,
	call: RuntimeCall,
) -> UncheckedExtrinsic {
	signed_until(who, nonce, tip, Era::Immortal, call)
}

/// The same, for some blocks only.
pub fn signed_until(
	who: Sr25519Keyring,
	nonce: u32,
	tip: Balance,
	era: Era,
	call: RuntimeCall,
) -> UncheckedExtrinsic {
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(era),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		pallet_execution::ChargeTransactionPayment::from(tip),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	let payload = SignedPayload::new(call, extension).expect("nothing is missing for it");
	let signature = payload.using_encoded(|bytes| who.sign(bytes));
	let (call, extension, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(call, who.to_account_id().into(), signature.into(), extension)
}

/// The development chain before its first block.
fn development() -> sp_io::TestExternalities {
	let mut chain = sp_io::TestExternalities::default();
	let genesis = full_genesis(json("development"));
	chain.execute_with(|| build_state::<RuntimeGenesisConfig>(genesis).expect("it builds"));
	chain.commit_all().expect("it can be committed");
	chain
}

/// A first block with these transactions, and what came of each. What is refused is not in it.
fn block(transactions: &[UncheckedExtrinsic]) -> (Header, Vec<bool>) {
	begin_block();
	let came_of = transactions
		.iter()
		.map(|transaction| Executive::apply_extrinsic(transaction.clone()).expect("valid").is_ok())
		.collect();
	(Executive::finalize_block(), came_of)
}

pub fn transfer(to: Sr25519Keyring, value: Balance) -> RuntimeCall {
	let dest = to.to_account_id().into();
	RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive { dest, value })
}

#[test]
fn every_error_of_every_pallet_has_a_class() {
	let mut count = 0;
	// Some constants are read from storage.
	let metadata = sp_io::TestExternalities::default().execute_with(Runtime::metadata_ir);
	for pallet in metadata.pallets {
		let Some(errors) = pallet.error else { continue };
		let scale_info::TypeDef::Variant(errors) = errors.ty.type_info().type_def else {
			panic!("the errors of {} are no enum", pallet.name)
		};
		for error in errors.variants {
			let names = ErrorTable::names(pallet.index, error.index);
			assert_eq!(names, Some((pallet.name, error.name)));
			assert!(ErrorTable::class(pallet.index, error.index).is_some());
			count += 1;
		}
	}
	let listed: usize = TABLE.iter().map(|(.., errors)| errors.len()).sum();
	assert_eq!(count, listed, "the table has no errors that are none");
	assert_eq!(ErrorTable::names(u8::MAX, 0), None);
	assert_eq!(ErrorTable::class(0, u8::MAX), None);
}

#[test]
fn a_transfer_pays_its_gas_and_leaves_a_receipt() {
	with_preset("development", || {
		let call = transfer(Charlie, units::MBO);
		let data: u64 = call.encode().iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum();
		let gas = 21_000 + 2_100 + data;
		let tip = 5 * units::MBO;
		let transaction = signed(Bob, 0, tip, call);
		let (header, came_of) = block(std::slice::from_ref(&transaction));
		assert_eq!(came_of, [true]);

		let free = |who: Sr25519Keyring| Balances::free_balance(who.to_account_id());
		let (endowment, fee) = (1_000_000 * units::MBO, Balance::from(gas) * MIN_GAS_PRICE);
		assert_eq!(free(Bob), endowment - units::MBO - fee - tip);
		assert_eq!(free(Charlie), endowment + units::MBO);
		assert_eq!(free(Alice), endowment + tip, "Alice is the author");

		let receipts = Execution::receipts();
		assert_eq!(receipts.len(), 2, "the inherent has one too");
		let receipt = &receipts[1];
		assert_eq!(receipt.extrinsic_hash, Hashing::hash(&transaction.encode()));
		assert_eq!((receipt.status, receipt.gas_used), (Status::Success, gas));
		let log = find_execution_log(header.digest()).expect("the header has one");
		assert_eq!(log.receipts_root, receipts_root(&receipts));
		assert!(ReceiptProof::new(&receipts, 1).expect("it is there").holds(header.digest()));
	});
}

#[test]
fn receipts_name_the_class_of_an_error() {
	with_preset("development", || {
		let steal = RuntimeCall::Sudo(pallet_sudo::Call::sudo {
			call: Box::new(transfer(Bob, units::MBO)),
		});
		let transactions = [
			signed(Bob, 0, 0, steal),
			signed(Bob, 1, 0, transfer(Charlie, 2_000_000 * units::MBO)),
			signed(
				Bob,
				2,
				0,
				RuntimeCall::Balances(pallet_balances::Call::force_set_balance {
					who: Bob.to_account_id().into(),
					new_free: u128::MAX,
				}),
			),
		];
		let (_, came_of) = block(&transactions);
		assert_eq!(came_of, [false; 3]);
		let classes: Vec<_> = Execution::receipts()[1..]
			.iter()
			.map(|receipt| match receipt.status {
				Status::Failed { class, pallet, .. } => (class, pallet),
				other => panic!("{other:?}"),
			})
			.collect();
		let sudo = <Sudo as frame_support::traits::PalletInfoAccess>::index() as u8;
		assert_eq!(
			classes,
			[
				(ErrorClass::StateAccessDenied, Some(sudo)),
				(ErrorClass::InvalidOperation, None),
				(ErrorClass::StateAccessDenied, None),
			]
		);
	});
}

#[test]
fn a_transaction_is_decoded_as_wallets_encode_it() {
	with_preset("development", || {
		let transaction = signed(Bob, 7, 300, transfer(Charlie, 1));
		let bytes = transaction.encode();
		let decoded = UncheckedExtrinsic::decode(&mut &bytes[..]).expect("it decodes");
		assert_eq!(decoded.encode(), bytes);
	});
}

/// All that is stored.
fn state() -> BTreeMap<Vec<u8>, Vec<u8>> {
	let next = |key: &Vec<u8>| sp_io::storage::next_key(key);
	std::iter::successors(next(&Vec::new()), next)
		.map(|key| {
			let value = sp_io::storage::get(&key).expect("it is a key").to_vec();
			(key, value)
		})
		.collect()
}

/// What is of the block that is being written, and of no transaction in it alone.
fn is_of_the_block(key: &[u8]) -> bool {
	let prefix = |pallet: &str, item: &str| {
		[sp_io::hashing::twox_128(pallet.as_bytes()), sp_io::hashing::twox_128(item.as_bytes())]
			.concat()
	};
	key == b":extrinsic_index"
		|| [
			("System", "BlockSize"),
			("System", "BlockWeight"),
			("System", "EventCount"),
			("System", "Events"),
			("System", "EventTopics"),
			("System", "ExecutionPhase"),
			("System", "ExtrinsicData"),
			("System", "InherentsApplied"),
			("Execution", "GasUsed"),
		]
		.iter()
		.any(|(pallet, item)| key.starts_with(&prefix(pallet, item)))
}

/// The pallet's item that a key is of.
fn name_of(key: &[u8]) -> Option<String> {
	let pallets = Runtime::metadata_ir().pallets;
	pallets.iter().filter_map(|pallet| pallet.storage.as_ref()).find_map(|storage| {
		let item = storage.entries.iter().find(|entry| {
			let prefix =
				[storage.prefix, entry.name].map(|name| sp_io::hashing::twox_128(name.as_bytes()));
			key.starts_with(&prefix.concat())
		})?;
		Some(format!("{}.{}", storage.prefix, item.name))
	})
}

fn people() -> impl Strategy<Value = Sr25519Keyring> {
	prop::sample::select(vec![Bob, Charlie, Dave])
}

/// Calls of many kinds, of which many fail, some after they have changed something.
fn calls() -> impl Strategy<Value = RuntimeCall> {
	let amount = prop_oneof![0..3 * units::MBO, 900_000 * units::MBO..3_000_000 * units::MBO];
	let simple = prop_oneof![
		(people(), amount).prop_map(|(to, value)| transfer(to, value)),
		prop::collection::vec(any::<u8>(), 0..200).prop_map(|remark| RuntimeCall::System(
			frame_system::Call::remark_with_event { remark }
		)),
		people().prop_map(|who| RuntimeCall::Sudo(pallet_sudo::Call::sudo {
			call: Box::new(transfer(who, 1)),
		})),
		people().prop_map(|who| RuntimeCall::Proxy(pallet_proxy::Call::add_proxy {
			delegate: who.to_account_id().into(),
			proxy_type: configs::ProxyType::Any,
			delay: 0,
		})),
		prop::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| RuntimeCall::Preimage(
			pallet_preimage::Call::note_preimage { bytes }
		)),
	];
	let simple = simple.boxed();
	prop_oneof![
		4 => simple.clone(),
		1 => prop::collection::vec(simple.clone(), 0..5)
			.prop_map(|calls| RuntimeCall::Utility(pallet_utility::Call::batch_all { calls })),
		1 => prop::collection::vec(simple, 0..5)
			.prop_map(|calls| RuntimeCall::Utility(pallet_utility::Call::batch { calls })),
	]
}

type Sent = Vec<(Sr25519Keyring, Balance, RuntimeCall)>;

fn transactions() -> impl Strategy<Value = Sent> {
	prop::collection::vec((people(), 0..units::MBO, calls()), 1..12)
}

fn begin_block() {
	let header =
		Header::new(1, Hash::zero(), Hash::zero(), System::block_hash(0), slot_claim(1_000));
	Executive::initialize_block(&header);
	let now = 1_000 * time::SLOT_MILLIS;
	let set_time = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
	Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(set_time))
		.expect("it is valid")
		.expect("time can be set");
}

/// Sends a transaction; whether it did what it should, or why it is not let into the block: its
/// sender may have given everything away. As with an author, what is not let in leaves nothing.
fn send(transaction: UncheckedExtrinsic) -> Result<bool, TransactionValidityError> {
	with_transaction_unchecked(|| match Executive::apply_extrinsic(transaction) {
		Ok(outcome) => TransactionOutcome::Commit(Ok(outcome.is_ok())),
		Err(refused) => TransactionOutcome::Rollback(Err(refused)),
	})
}

/// Signs them, each with its sender's next nonce. Signatures differ each time.
fn sign_all(sent: Sent) -> Vec<UncheckedExtrinsic> {
	let mut nonces = BTreeMap::new();
	let sign = |(who, tip, call): (Sr25519Keyring, Balance, RuntimeCall)| {
		let nonce = nonces.entry(who.to_account_id()).or_insert(0);
		*nonce += 1;
		signed(who, *nonce - 1, tip, call)
	};
	sent.into_iter().map(sign).collect()
}

proptest! {
	/// What fails leaves the state as if it had not been sent, but for its fee and nonce.
	#[test]
	fn a_failure_is_isolated(sent in transactions()) {
		with_preset("development", || {
			begin_block();
			for (who, tip, call) in sent {
				let sender = who.to_account_id();
				let accounts = || [&sender, &Alice.to_account_id()].map(System::account);
				let (before, issued) = (accounts(), Balances::total_issuance());
				let state_before = state();
				let nonce = System::account_nonce(&sender);
				match send(signed(who, nonce, tip, call)) {
					Ok(true) => continue,
					Ok(false) => (),
					Err(refused) => {
						assert_eq!(refused, InvalidTransaction::Payment.into());
						continue;
					}
				}
				let (after, burned) = (accounts(), issued - Balances::total_issuance());
				let mut expected = before.clone();
				expected[0].nonce += 1;
				expected[0].data.free -= burned + tip;
				expected[1].data.free += tip;
				assert_eq!(after, expected);

				let fees = [
					frame_system::Account::<Runtime>::hashed_key_for(&sender),
					frame_system::Account::<Runtime>::hashed_key_for(Alice.to_account_id()),
					pallet_balances::TotalIssuance::<Runtime>::hashed_key().to_vec(),
				];
				let others = |state: BTreeMap<Vec<u8>, Vec<u8>>| -> BTreeMap<_, _> {
					let others = state.into_iter();
					others.filter(|(key, _)| !fees.contains(key) && !is_of_the_block(key)).collect()
				};
				let (state, state_before) = (others(state()), others(state_before));
				let differing: Vec<_> = state
					.iter()
					.filter(|(key, value)| state_before.get(*key) != Some(value))
					.map(|(key, _)| key)
					.chain(state_before.keys().filter(|key| !state.contains_key(*key)))
					.map(|key| (name_of(key), key))
					.collect();
				assert_eq!(differing, []);
			}
		});
	}

	/// A block with all of them comes to the same as one after the other, each on what the last has
	/// left behind for good.
	#[test]
	fn transactions_compose(sent in transactions()) {
		let sent = development().execute_with(|| sign_all(sent));
		let run = |committed: bool| {
			let mut chain = development();
			chain.execute_with(begin_block);
			let mut came_of = Vec::new();
			for transaction in sent.clone() {
				came_of.push(chain.execute_with(|| send(transaction)));
				if committed {
					chain.commit_all().expect("it can be committed");
				}
			}
			let header = chain.execute_with(Executive::finalize_block);
			chain.execute_with(|| {
				invariants::Accounts::check().expect("accounts have what there is");
				let books = pallet_execution::Books::<Runtime>::get().expect("they are kept");
				assert_eq!(books.issued(), Balances::total_issuance());
			});
			let receipts = chain.execute_with(Execution::receipts);
			(came_of, header, receipts)
		};
		prop_assert_eq!(run(false), run(true));
	}
}

#[test]
fn every_way_to_make_or_burn_money_is_in_the_books() {
	use frame_support::traits::{
		fungible::{Balanced, Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
		Currency, ReservableCurrency,
	};
	use pallet_balances::AdjustmentDirection;
	with_preset("development", || {
		begin_block();
		let (bob, charlie) = (Bob.to_account_id(), Charlie.to_account_id());
		let root = RuntimeOrigin::root;
		let genesis = Balances::total_issuance();
		Balances::mint_into(&bob, 7 * units::MBO).expect("it can");
		let (exact, polite) = (Precision::Exact, Fortitude::Polite);
		Balances::burn_from(&bob, units::MBO, Preservation::Expendable, exact, polite)
			.expect("it can");
		drop(Balances::deposit(&charlie, 11 * units::MBO, exact).expect("it can"));
		let taken = <Balances as Balanced<_>>::withdraw(
			&charlie,
			units::MBO,
			exact,
			Preservation::Expendable,
			polite,
		);
		drop(taken.expect("it can"));
		drop(<Balances as Balanced<_>>::issue(units::MBO));
		drop(<Balances as Balanced<_>>::rescind(units::MBO));
		drop(<Balances as Currency<_>>::deposit_creating(&bob, 3 * units::MBO));
		let reason = RuntimeHoldReason::Session(pallet_session::HoldReason::Keys);
		Balances::hold(&reason, &bob, units::MBO).expect("it can");
		Balances::burn_held(&reason, &bob, units::MBO, exact, polite).expect("it can");
		Balances::shelve(&bob, units::MBO).expect("it can");
		Balances::restore(&bob, 2 * units::MBO).expect("it can");
		Balances::reserve(&bob, units::MBO).expect("it can");
		drop(Balances::slash_reserved(&bob, units::MBO));
		drop(<Balances as Currency<_>>::slash(&bob, units::MBO));
		let dest = || bob.clone().into();
		// This one changes how much there is, and not what accounts have.
		for direction in [AdjustmentDirection::Increase, AdjustmentDirection::Decrease] {
			assert_ok!(Balances::force_adjust_total_issuance(root(), direction, units::MBO));
		}
		assert_ok!(Balances::force_set_balance(root(), dest(), 5 * units::MBO));
		assert_ok!(Balances::force_set_balance(root(), dest(), 6 * units::MBO));
		assert_ok!(Balances::burn(RuntimeOrigin::signed(charlie.clone()), units::MBO, false));
		assert_ok!(Balances::transfer_allow_death(
			RuntimeOrigin::signed(bob),
			charlie.into(),
			6 * units::MBO - 1,
		));
		Executive::finalize_block();
		let books = pallet_execution::Books::<Runtime>::get().expect("they are kept");
		assert_eq!(books.genesis, genesis);
		assert!(books.changes.minted > 0 && books.changes.burned > 0);
		assert_eq!(books.issued(), Balances::total_issuance());
		invariants::Accounts::check().expect("accounts have what there is");
	});
}
