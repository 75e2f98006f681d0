//! What an operator sees of PoUW in Prometheus.

use polkadot_sdk::substrate_prometheus_endpoint::{
	register, CounterVec, Gauge, GaugeVec, Opts, PrometheusError, Registry, F64, U64,
};
use sp_consensus_pouw::{ChainWeight, OffenceKind, WeightLog, OFFENCE_KIND};

/// The offences of consensus, and who commits them.
const EQUIVOCATIONS: [(OffenceKind, &str); 3] =
	[(*b"babe:equivocatio", "author"), (*b"grandpa:equivoca", "voter"), (OFFENCE_KIND, "attester")];

/// PoUW's metrics.
#[derive(Clone)]
pub struct Metrics {
	chain_weight: Gauge<F64>,
	block_weight: GaugeVec<U64>,
	support: Gauge<U64>,
	attestations: CounterVec<U64>,
	equivocations: CounterVec<U64>,
}

impl Metrics {
	/// Registers them; a node that cannot goes on without.
	pub fn register(registry: Option<&Registry>) -> Option<Self> {
		let registry = registry?;
		Self::try_register(registry)
			.inspect_err(|error| log::warn!(target: crate::LOG_TARGET, "No PoUW metrics: {error}"))
			.ok()
	}

	fn try_register(registry: &Registry) -> Result<Self, PrometheusError> {
		let metrics = Self {
			chain_weight: register(
				Gauge::new("mbongo_pouw_chain_weight", "Weight of the best chain")?,
				registry,
			)?,
			block_weight: register(
				GaugeVec::new(
					Opts::new("mbongo_pouw_block_weight", "Weight of the best block, by part"),
					&["part"],
				)?,
				registry,
			)?,
			support: register(
				Gauge::new(
					"mbongo_pouw_attestation_support",
					"Stake that attested the best block's parent, in thousandths of the set's",
				)?,
				registry,
			)?,
			attestations: register(
				CounterVec::new(
					Opts::new(
						"mbongo_pouw_attestations_total",
						"Attestations, by what became of them",
					),
					&["outcome"],
				)?,
				registry,
			)?,
			equivocations: register(
				CounterVec::new(
					Opts::new(
						"mbongo_pouw_equivocations_total",
						"Equivocations reported in final blocks, by what the offender is",
					),
					&["kind"],
				)?,
				registry,
			)?,
		};
		// There from the start, so that the first one is seen as a change.
		for (_, name) in EQUIVOCATIONS {
			metrics.equivocations.with_label_values(&[name]);
		}
		Ok(metrics)
	}

	pub(crate) fn note_best(&self, chain_weight: ChainWeight, own: &WeightLog) {
		self.chain_weight.set(chain_weight as f64);
		for (part, weight) in
			[("base", own.base), ("attestation", own.attestation), ("pouw", own.pouw)]
		{
			self.block_weight.with_label_values(&[part]).set(weight);
		}
		self.support.set(own.attestation);
	}

	pub(crate) fn note_attestation(&self, outcome: &str) {
		self.attestations.with_label_values(&[outcome]).inc();
	}

	pub(crate) fn note_offence(&self, kind: &OffenceKind) {
		if let Some((_, name)) = EQUIVOCATIONS.iter().find(|(known, _)| known == kind) {
			self.equivocations.with_label_values(&[name]).inc();
		}
	}
}
