//! What a module may be, and what may pass between it and its host.

/// Bytes of code.
pub const CODE_BYTES: u32 = 64 * 1024;
/// Bytes of the code whose modules a dispatched call keeps beside those that run, in case they are
/// called again.
pub const MODULES_BYTES: u32 = 128 * 1024;
/// What a module counts for at least in that.
pub const MODULE_BYTES: u32 = 8 * 1024;
/// Bytes of a page of memory.
pub const PAGE_BYTES: u32 = 64 * 1024;
/// Pages of a contract's memory.
pub const CONTRACT_PAGES: u32 = 16;
/// Pages of memory of a compute task's guest.
pub const FOLD_PAGES: u32 = 64;
/// How deep functions of a guest may call each other.
pub const NESTING: u32 = 1_024;
/// Bytes that the locals and operands of all functions that wait for another take at once.
pub const STACK_BYTES: u32 = 256 * 1024;
/// Types of functions.
pub const TYPES: u32 = 512;
/// Functions, with those imported.
pub const FUNCTIONS: u32 = 2_048;
/// Locals of a function, with its parameters.
pub const LOCALS: u32 = 256;
/// Parameters of a function; a block has none.
pub const PARAMETERS: u32 = 32;
/// Results of a function or block.
pub const RESULTS: u32 = 8;
/// Globals.
pub const GLOBALS: u32 = 256;
/// Exports.
pub const EXPORTS: u32 = 128;
/// Elements of the table.
pub const TABLE_ELEMENTS: u32 = 1_024;
/// Segments of data and of elements, each.
pub const SEGMENTS: u32 = 256;
/// Targets of a `br_table`.
pub const BRANCH_TARGETS: u32 = 512;

/// Bytes of the input: a call, and who calls.
pub const INPUT_BYTES: u32 = CALL_BYTES + 256;
/// Bytes of the output.
pub const OUTPUT_BYTES: u32 = 64 * 1024;
/// Bytes of a call. A compute task's state and chunk are 64 KiB.
pub const CALL_BYTES: u32 = 64 * 1024 + 256;
/// Bytes of a function's name in a call.
pub const NAME_BYTES: u32 = 64;
/// Arguments of a call.
pub const ARGS: u32 = 16;
/// Bytes of a key in storage.
pub const KEY_BYTES: u32 = 128;
/// Bytes of a value in storage.
pub const VALUE_BYTES: u32 = 16 * 1024;
/// Bytes of a line logged.
pub const LOG_BYTES: u32 = 1_024;
/// Bytes of an event's topic.
pub const TOPIC_BYTES: u32 = 32;
/// Bytes of an event's data.
pub const EVENT_BYTES: u32 = 1_024;
/// Lines logged and events, together, in a dispatched call.
pub const EVENTS: u32 = 64;
/// Bytes of the salt that a contract's address is made with.
pub const SALT_BYTES: u32 = 32;
/// How many contracts may wait for another one in a dispatched call.
pub const CALL_DEPTH: u32 = 5;
