//! The attributes that contracts are written with. `mbongo-contract` says how they are used.

mod contract;
mod data;
mod function;
mod manifest;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a module a contract: with one struct marked `#[storage]`, whose fields are items of storage,
/// and functions of it marked `#[deploy]`, `#[call]` or `#[view]`, and perhaps `#[payable]`.
///
/// The attribute takes what the code says of itself, for all to see: `reentrant`, `upgrade = "..."` and
/// `terminate = "..."`, each of these `"nobody"`, `"deployer"` or `"contract"`. Nobody may do what is
/// not said.
///
/// The module gets a constant `CONTRACT`, for tests.
#[proc_macro_attribute]
pub fn contract(attribute: TokenStream, item: TokenStream) -> TokenStream {
	answer(contract::expand(attribute.into(), item.into()))
}

/// Makes a type one that arguments, answers and storage can have: SCALE, comparable, printable.
#[proc_macro_attribute]
pub fn data(attribute: TokenStream, item: TokenStream) -> TokenStream {
	answer(data::data(attribute.into(), item.into()))
}

/// Makes an enum one of reasons why a contract refuses. The status is 100 and the variant's index more.
#[proc_macro_attribute]
pub fn error(attribute: TokenStream, item: TokenStream) -> TokenStream {
	answer(data::error(attribute.into(), item.into()))
}

/// Makes a type one that a contract tells the world, with its name as the topic.
#[proc_macro_attribute]
pub fn event(attribute: TokenStream, item: TokenStream) -> TokenStream {
	answer(data::event(attribute.into(), item.into()))
}

fn answer(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
	result.unwrap_or_else(syn::Error::into_compile_error).into()
}
