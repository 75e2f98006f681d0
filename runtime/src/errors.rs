//! What kind of error each pallet's error is. Receipts say it, so that a program can tell what went
//! wrong without knowing every pallet.

use mbongo_primitives::execution::ErrorClass::{self, *};
use polkadot_sdk::sp_runtime::DispatchResult;

use crate::{frame_system, RuntimeEvent};

/// A pallet's errors in their order.
type Errors = &'static [(&'static str, ErrorClass)];

/// The errors of every pallet that has any, by its index.
pub const TABLE: &[(u8, &str, Errors)] = &[
	(
		0,
		"System",
		&[
			("InvalidSpecName", InvalidOperation),
			("SpecVersionNeedsToIncrease", InvalidOperation),
			("FailedToExtractRuntimeVersion", Deserialization),
			("NonDefaultComposite", InvalidOperation),
			("NonZeroRefCount", InvalidOperation),
			("CallFiltered", StateAccessDenied),
			("MultiBlockMigrationsOngoing", InvalidOperation),
			("NothingAuthorized", InvalidOperation),
			("Unauthorized", StateAccessDenied),
		],
	),
	(
		1,
		"Balances",
		&[
			("VestingBalance", InvalidOperation),
			("LiquidityRestrictions", InvalidOperation),
			("InsufficientBalance", InvalidOperation),
			("ExistentialDeposit", InvalidOperation),
			("Expendability", InvalidOperation),
			("ExistingVestingSchedule", InvalidOperation),
			("DeadAccount", InvalidOperation),
			("TooManyReserves", InvalidOperation),
			("TooManyHolds", InvalidOperation),
			("TooManyFreezes", InvalidOperation),
			("IssuanceDeactivated", InvalidOperation),
			("DeltaZero", InvalidOperation),
		],
	),
	(
		3,
		"Staking",
		&[
			("NotAValidator", InvalidOperation),
			("AlreadyAValidator", InvalidOperation),
			("NoSessionKeys", InvalidOperation),
			("TooManyValidators", InvalidOperation),
			("BelowMinimum", InvalidOperation),
			("BelowOwnMinimum", InvalidOperation),
			("NoStake", InvalidOperation),
			("SlashDeferred", InvalidOperation),
			("Out", StateAccessDenied),
			("Closed", InvalidOperation),
			("TooManyChunks", InvalidOperation),
			("TooManyRedelegations", InvalidOperation),
			("SecondHop", InvalidOperation),
			("SameValidator", InvalidOperation),
			("NothingToWithdraw", InvalidOperation),
			("NothingToClaim", InvalidOperation),
			("NothingToSettle", InvalidOperation),
			("CommissionRisesTooFast", InvalidOperation),
			("AlreadyChilled", InvalidOperation),
			("NotChilled", InvalidOperation),
			("NoSuchSlash", InvalidOperation),
		],
	),
	(
		10,
		"Babe",
		&[
			("InvalidEquivocationProof", InvalidOperation),
			("InvalidKeyOwnershipProof", InvalidOperation),
			("DuplicateOffenceReport", InvalidOperation),
			("InvalidConfiguration", InvalidOperation),
		],
	),
	(
		15,
		"Session",
		&[
			("InvalidProof", StateAccessDenied),
			("NoAssociatedValidatorId", InvalidOperation),
			("DuplicatedKey", InvalidOperation),
			("NoKeys", InvalidOperation),
			("NoAccount", InvalidOperation),
		],
	),
	(
		16,
		"Grandpa",
		&[
			("PauseFailed", InvalidOperation),
			("ResumeFailed", InvalidOperation),
			("ChangePending", InvalidOperation),
			("TooSoon", InvalidOperation),
			("InvalidKeyOwnershipProof", InvalidOperation),
			("InvalidEquivocationProof", InvalidOperation),
			("DuplicateOffenceReport", InvalidOperation),
		],
	),
	(20, "Utility", &[("TooManyCalls", InvalidOperation)]),
	(
		21,
		"Proxy",
		&[
			("TooMany", InvalidOperation),
			("NotFound", InvalidOperation),
			("NotProxy", StateAccessDenied),
			("Unproxyable", StateAccessDenied),
			("Duplicate", InvalidOperation),
			("NoPermission", StateAccessDenied),
			("Unannounced", InvalidOperation),
			("NoSelfProxy", InvalidOperation),
		],
	),
	(
		22,
		"Multisig",
		&[
			("MinimumThreshold", InvalidOperation),
			("AlreadyApproved", InvalidOperation),
			("NoApprovalsNeeded", InvalidOperation),
			("TooFewSignatories", InvalidOperation),
			("TooManySignatories", InvalidOperation),
			("SignatoriesOutOfOrder", InvalidOperation),
			("SenderInSignatories", InvalidOperation),
			("NotFound", InvalidOperation),
			("NotOwner", StateAccessDenied),
			("NoTimepoint", InvalidOperation),
			("WrongTimepoint", InvalidOperation),
			("UnexpectedTimepoint", InvalidOperation),
			("MaxWeightTooLow", InvalidOperation),
			("AlreadyStored", InvalidOperation),
		],
	),
	(
		23,
		"Preimage",
		&[
			("TooBig", InvalidOperation),
			("AlreadyNoted", InvalidOperation),
			("NotAuthorized", StateAccessDenied),
			("NotNoted", InvalidOperation),
			("Requested", InvalidOperation),
			("NotRequested", InvalidOperation),
			("TooMany", InvalidOperation),
			("TooFew", InvalidOperation),
		],
	),
	(
		24,
		"Scheduler",
		&[
			("FailedToSchedule", InvalidOperation),
			("NotFound", InvalidOperation),
			("TargetBlockNumberInPast", InvalidOperation),
			("RescheduleNoChange", InvalidOperation),
			("Named", InvalidOperation),
		],
	),
	(30, "Migrations", &[("Ongoing", InvalidOperation)]),
	(31, "Sudo", &[("RequireSudo", StateAccessDenied)]),
	(40, "Governance", &[("DelayTooLong", InvalidOperation), ("BlockInFuture", InvalidOperation)]),
	(
		41,
		"Referenda",
		&[
			("NotOngoing", InvalidOperation),
			("HasDeposit", InvalidOperation),
			("BadTrack", InvalidOperation),
			("Full", InvalidOperation),
			("QueueEmpty", InvalidOperation),
			("BadReferendum", InvalidOperation),
			("NothingToDo", InvalidOperation),
			("NoTrack", InvalidOperation),
			("Unfinished", InvalidOperation),
			("NoPermission", StateAccessDenied),
			("NoDeposit", InvalidOperation),
			("BadStatus", InvalidOperation),
			("PreimageNotExist", InvalidOperation),
			("PreimageStoredWithDifferentLength", InvalidOperation),
		],
	),
	(
		42,
		"ConvictionVoting",
		&[
			("NotOngoing", InvalidOperation),
			("NotVoter", InvalidOperation),
			("NoPermission", StateAccessDenied),
			("NoPermissionYet", StateAccessDenied),
			("AlreadyDelegating", InvalidOperation),
			("AlreadyVoting", InvalidOperation),
			("InsufficientFunds", InvalidOperation),
			("NotDelegating", InvalidOperation),
			("Nonsense", InvalidOperation),
			("MaxVotesReached", InvalidOperation),
			("ClassNeeded", InvalidOperation),
			("BadClass", InvalidOperation),
		],
	),
	(
		43,
		"Whitelist",
		&[
			("UnavailablePreImage", InvalidOperation),
			("UndecodableCall", Deserialization),
			("InvalidCallWeightWitness", InvalidOperation),
			("CallIsNotWhitelisted", StateAccessDenied),
			("CallAlreadyWhitelisted", InvalidOperation),
			("DeferredDispatchNotFound", InvalidOperation),
			("DeferredDispatchNotExpired", InvalidOperation),
			("AlreadyDeferred", InvalidOperation),
			("DeferredDispatchExpired", InvalidOperation),
		],
	),
	(
		44,
		"ValidatorsCouncil",
		&[
			("NotMember", StateAccessDenied),
			("DuplicateProposal", InvalidOperation),
			("ProposalMissing", InvalidOperation),
			("WrongIndex", InvalidOperation),
			("DuplicateVote", InvalidOperation),
			("AlreadyInitialized", InvalidOperation),
			("TooEarly", InvalidOperation),
			("TooManyProposals", InvalidOperation),
			("WrongProposalWeight", InvalidOperation),
			("WrongProposalLength", InvalidOperation),
			("PrimeAccountNotMember", InvalidOperation),
			("ProposalActive", InvalidOperation),
		],
	),
	(
		45,
		"Treasury",
		&[
			("InvalidIndex", InvalidOperation),
			("TooManyApprovals", InvalidOperation),
			("InsufficientPermission", StateAccessDenied),
			("ProposalNotApproved", InvalidOperation),
			("FailedToConvertBalance", InvalidOperation),
			("SpendExpired", InvalidOperation),
			("EarlyPayout", InvalidOperation),
			("AlreadyAttempted", InvalidOperation),
			("PayoutError", InvalidOperation),
			("NotAttempted", InvalidOperation),
			("Inconclusive", InvalidOperation),
		],
	),
	(
		47,
		"Contracts",
		&[
			("CodeRefused", InvalidOperation),
			("CodeExists", InvalidOperation),
			("NoCode", InvalidOperation),
			("CodeInUse", InvalidOperation),
			("NotAllowed", StateAccessDenied),
			("NoContract", InvalidOperation),
			("ContractExists", InvalidOperation),
			("Insufficient", InvalidOperation),
			("BelowMinimum", InvalidOperation),
			("CallTooLarge", InvalidOperation),
			("DepositLimit", InvalidOperation),
			("OutOfGas", OutOfGas),
			("MalformedAbi", Deserialization),
			("MemoryViolation", StateAccessDenied),
			("CapabilityViolation", StateAccessDenied),
			("ResourceLimitExceeded", InvalidOperation),
			("ReadOnly", StateAccessDenied),
			("Trapped", InvalidOperation),
			("Refused", InvalidOperation),
			("CodeOutdated", InvalidOperation),
		],
	),
	(
		50,
		"Pouw",
		&[
			("GenesisParent", InvalidOperation),
			("AlreadyAttested", InvalidOperation),
			("MalformedAttestations", Deserialization),
			("BadSignature", InvalidOperation),
			("InvalidEquivocationProof", InvalidOperation),
			("InvalidKeyOwnershipProof", InvalidOperation),
			("DuplicateOffenceReport", InvalidOperation),
			("FinalisedTooHigh", InvalidOperation),
		],
	),
];

/// Classes and names of errors, by the table.
pub struct ErrorTable;

impl ErrorTable {
	/// The names of a pallet and of its error.
	pub fn names(pallet: u8, error: u8) -> Option<(&'static str, &'static str)> {
		let (_, name, errors) = TABLE.iter().find(|(index, ..)| *index == pallet)?;
		let (error, _) = errors.get(usize::from(error))?;
		Some((name, error))
	}
}

impl pallet_execution::ErrorTable for ErrorTable {
	fn class(pallet: u8, error: u8) -> Option<ErrorClass> {
		let (.., errors) = TABLE.iter().find(|(index, ..)| *index == pallet)?;
		errors.get(usize::from(error)).map(|(_, class)| *class)
	}
}

/// The system's events say what came of a transaction.
pub struct SystemEvents;

impl pallet_execution::Outcomes<RuntimeEvent> for SystemEvents {
	fn outcome(event: &RuntimeEvent) -> Option<DispatchResult> {
		use frame_system::Event::{ExtrinsicFailed, ExtrinsicSuccess};
		match event {
			RuntimeEvent::System(ExtrinsicSuccess { .. }) => Some(Ok(())),
			RuntimeEvent::System(ExtrinsicFailed { dispatch_error, .. }) => {
				Some(Err(*dispatch_error))
			}
			_ => None,
		}
	}
}
