//! The node as subxt sees it, through metadata 16, without generated code.

use std::env;
use subxt::{
	config::DefaultExtrinsicParamsBuilder,
	dynamic::{self, Value},
	ext::scale_decode::DecodeAsType,
	transactions::{DynamicPayload, ValidationResult},
	OnlineClient, SubstrateConfig,
};
use subxt_signer::sr25519::{dev, Keypair};

type Chain = OnlineClient<SubstrateConfig>;
type Params = DefaultExtrinsicParamsBuilder<SubstrateConfig>;

const MBO: u128 = 1_000_000_000_000_000_000;

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Account {
	nonce: u32,
	data: Balances,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Balances {
	free: u128,
}

async fn chain() -> Chain {
	let url = env::var("WS").expect("WS names the node under test");
	Chain::from_insecure_url(url).await.expect("the node answers")
}

async fn account(chain: &Chain, who: &Keypair) -> Account {
	let block = chain.at_current_block().await.unwrap();
	let address = dynamic::storage::<([u8; 32],), Account>("System", "Account");
	let value = block.storage().fetch(address, (who.public_key().0,)).await.unwrap();
	value.decode().unwrap()
}

fn transfer(to: &Keypair, amount: u128) -> DynamicPayload<(Value, Value)> {
	let to = Value::unnamed_variant("Id", [Value::from_bytes(to.public_key().0)]);
	dynamic::transaction("Balances", "transfer_keep_alive", (to, Value::u128(amount)))
}

#[tokio::test]
async fn a_transfer_signed_as_v4_is_final_and_costs_the_estimate() {
	let (chain, alice, bob) = (chain().await, dev::alice(), dev::bob());
	let (before, bobs_before) = (account(&chain, &alice).await, account(&chain, &bob).await);
	let block = chain.at_current_block().await.unwrap();
	let params = Params::new().nonce(before.nonce.into()).build();
	let call = transfer(&bob, MBO);
	let signed = block
		.transactions()
		.create_v4_signable(&call, &alice.public_key().to_account_id(), params)
		.await
		.unwrap()
		.sign(&alice)
		.unwrap();
	let fee = signed.partial_fee_estimate().await.unwrap();
	let events =
		signed.submit_and_watch().await.unwrap().wait_for_finalized_success().await.unwrap();
	let names: Vec<_> = events
		.iter()
		.map(|event| event.unwrap())
		.map(|event| format!("{}.{}", event.pallet_name(), event.event_name()))
		.collect();
	for expected in ["Balances.Transfer", "TransactionPayment.TransactionFeePaid"] {
		assert!(names.iter().any(|name| name == expected), "{expected} is not in {names:?}");
	}
	let (after, bobs_after) = (account(&chain, &alice).await, account(&chain, &bob).await);
	assert_eq!(bobs_after.data.free - bobs_before.data.free, MBO);
	assert_eq!(before.data.free - after.data.free, MBO + fee);
	assert_eq!(after.nonce, before.nonce + 1);
}

#[tokio::test]
async fn used_nonces_and_expired_eras_are_refused() {
	let (chain, charlie) = (chain().await, dev::charlie());
	let call = transfer(&dev::dave(), MBO);
	// As a wallet makes it on the best block.
	let signed = async |params: Params| {
		let transactions = chain.at_current_block().await.unwrap().transactions();
		let account = charlie.public_key().to_account_id();
		let signable = transactions.create_v4_signable(&call, &account, params.build()).await;
		signable.unwrap().sign(&charlie).unwrap()
	};

	let first = signed(Params::new().nonce(0)).await;
	first.submit_and_watch().await.unwrap().wait_for_finalized_success().await.unwrap();
	let second = signed(Params::new().nonce(0)).await;
	assert!(matches!(second.validate().await.unwrap(), ValidationResult::Invalid(_)));
	let error = format!("{:?}", second.submit().await.unwrap_err());
	assert!(error.contains("Transaction is outdated"), "{error}");

	// The era of the same phase that holds now began at another block than the one signed for; where it
	// is to begin with the next block, that one has no hash yet.
	let genesis = chain.genesis_hash();
	let expired = signed(Params::new().nonce(1).mortal_from_unchecked(4, 0, genesis)).await;
	let error = format!("{:?}", expired.submit().await.unwrap_err());
	let known = ["Transaction has a bad signature", "Transaction has an ancient birth block"];
	assert!(known.iter().any(|reason| error.contains(reason)), "{error}");
}

#[tokio::test]
async fn our_runtime_api_and_constants_are_found_by_metadata() {
	let chain = chain().await;
	let block = chain.at_current_block().await.unwrap();
	let call = dynamic::runtime_api_call::<_, Vec<([u8; 32], u128)>>("PouwApi", "authorities", ());
	let set = block.runtime_apis().call(call).await.unwrap();
	assert_eq!(set, vec![(dev::alice().public_key().0, 100_000 * MBO)], "her stake");
	let deposit = dynamic::constant::<u128>("Balances", "ExistentialDeposit");
	assert_eq!(block.constants().entry(deposit).unwrap(), MBO / 1_000);
}
