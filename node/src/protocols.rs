//! The protocols of consensus on the network.

use mbongo_primitives::{Hash, OpaqueBlock as Block};
use polkadot_sdk::{
	sc_consensus_grandpa as grandpa,
	sc_network::{
		config::FullNetworkConfiguration, service::NotificationMetrics, NetworkBackend,
		NotificationService, ProtocolName,
	},
	sc_service::Configuration,
};
use sc_consensus_pouw::{attestation_peers_set_config, attestation_protocol};

/// A protocol of notifications: its name, and its end on this node.
pub(crate) type Notifications = (ProtocolName, Box<dyn NotificationService>);

/// The protocols of consensus on the network.
pub(crate) struct Protocols {
	pub grandpa: Notifications,
	pub attestations: Notifications,
}

impl Protocols {
	/// Adds them to the network that is to be built.
	pub fn add<N: NetworkBackend<Block, Hash>>(
		config: &Configuration,
		genesis_hash: Hash,
		network: &mut FullNetworkConfiguration<Block, Hash, N>,
		metrics: &NotificationMetrics,
	) -> Self {
		let grandpa = grandpa::protocol_standard_name(&genesis_hash, &config.chain_spec);
		let (settings, grandpa_end) = grandpa::grandpa_peers_set_config::<_, N>(
			grandpa.clone(),
			metrics.clone(),
			network.peer_store_handle(),
		);
		network.add_notification_protocol(settings);
		let attestations = attestation_protocol(genesis_hash, config.chain_spec.fork_id());
		let (settings, attestations_end) = attestation_peers_set_config::<Block, N>(
			attestations.clone(),
			metrics.clone(),
			network.peer_store_handle(),
		);
		network.add_notification_protocol(settings);
		Self { grandpa: (grandpa, grandpa_end), attestations: (attestations, attestations_end) }
	}
}
