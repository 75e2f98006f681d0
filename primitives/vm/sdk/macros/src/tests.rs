use crate::{contract, data};
use mbongo_vm_abi::limits;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// A contract with these functions beside the one that deploys.
fn with(attribute: TokenStream, functions: TokenStream) -> syn::Result<String> {
	let module = quote! {
		mod counter {
			#[storage]
			struct Counter {
				count: Cell<u64>,
			}

			impl Counter {
				#[deploy]
				fn deploy(&mut self) {}

				#functions
			}
		}
	};
	contract::expand(attribute, module).map(|tokens| tokens.to_string())
}

fn functions(functions: TokenStream) -> syn::Result<String> {
	with(quote!(), functions)
}

fn refused(result: syn::Result<impl ToString>, why: &str) {
	let error = result.map(|tokens| tokens.to_string()).unwrap_err().to_string();
	assert!(error.contains(why), "{error}");
}

fn has(expanded: &str, what: TokenStream) {
	assert!(expanded.contains(&what.to_string()), "{expanded}");
}

#[test]
fn marks_are_taken_off_and_functions_are_found() {
	let expanded = functions(quote! {
		#[call]
		#[payable]
		fn add(&mut self, by: u64) -> Result<u64, Error> { Ok(by) }

		#[view]
		fn get(&self) -> u64 { 0 }

		fn not_for_the_world(&mut self, by: &u64) {}
	});
	let expanded = expanded.unwrap();
	has(&expanded, quote!(("deploy", __deploy), ("add", __add), ("get", __get)));
	has(&expanded, quote!(count: <Cell<u64> >::new("\u{5}count")));
	for mark in ["# [storage]", "# [deploy]", "# [call]", "# [payable]", "# [view]"] {
		assert!(!expanded.contains(mark), "{mark}");
	}
	// Two of them take no value, and one is called once.
	assert_eq!(expanded.matches("not_payable").count(), 2);
	assert_eq!(expanded.matches("once").count(), 1);
}

#[test]
fn the_manifest_is_in_the_code() {
	let of = |attribute: TokenStream| with(attribute, quote!());
	has(&of(quote!()).unwrap(), quote!([0u8, 0u8, 0u8]));
	let all = of(quote!(upgrade = "deployer", terminate = "contract", reentrant)).unwrap();
	has(&all, quote!([1u8, 1u8, 2u8]));
	has(&all, quote!(#[link_section = "mbongo"]));
	has(&all, quote!(upgrade: ::mbongo_contract::Permission::Deployer));
	for wrong in [
		quote!(reentrant = "contract"),
		quote!(upgrade),
		quote!(terminate = 1),
		quote!(upgrade = "owner"),
		quote!(other),
		quote!(reentrant, reentrant),
	] {
		assert!(of(wrong.clone()).is_err(), "{wrong}");
	}
}

#[test]
fn fails_when_who_looks_could_change_something() {
	refused(
		functions(quote!(
			#[view]
			fn get(&mut self) {}
		)),
		"takes `&self`",
	);
	refused(
		functions(quote!(
			#[view]
			#[payable]
			fn get(&self) {}
		)),
		"takes no value",
	);
}

#[test]
fn fails_when_a_function_is_not_one_for_the_world() {
	let long = format_ident!("{}", "x".repeat(limits::NAME_BYTES as usize + 1));
	let many = (0..=limits::ARGS).map(|at| format_ident!("a{at}"));
	for (function, why) in [
		(
			quote!(
				#[deploy]
				fn again(&mut self) {}
			),
			"one function marked `#[deploy]`",
		),
		(
			quote!(
				#[call]
				#[view]
				fn both(&self) {}
			),
			"marked twice",
		),
		(
			quote!(
				#[payable]
				fn alone(&mut self) {}
			),
			"stands beside",
		),
		(
			quote!(
				#[call(now)]
				fn told(&mut self) {}
			),
			"takes nothing",
		),
		(
			quote!(
				#[call]
				fn none() {}
			),
			"`&self` or `&mut self` first",
		),
		(
			quote!(
				#[call]
				fn whole(self) {}
			),
			"`&self` or `&mut self` first",
		),
		(
			quote!(
				#[call]
				fn typed(self: &mut Self) {}
			),
			"`&self` or `&mut self` first",
		),
		(
			quote!(
				#[call]
				fn generic<T>(&mut self, of: T) {}
			),
			"cannot be generic",
		),
		(
			quote!(
				#[call]
				fn some(&mut self, of: impl Encode) {}
			),
			"has one type",
		),
		(
			quote!(
				#[call]
				fn borrowed(&mut self, of: &u64) {}
			),
			"by value",
		),
		(
			quote!(
				#[call]
				fn apart(&mut self, (a, b): (u8, u8)) {}
			),
			"has a name",
		),
		(
			quote!(
				#[call]
				fn lent(&mut self) -> &u64 {}
			),
			"by value",
		),
		(
			quote!(
				#[call]
				async fn later(&mut self) {}
			),
			"cannot wait",
		),
		(quote!(#[call] fn #long(&mut self) {}), "too long"),
		(quote!(#[call] fn many(&mut self, #(#many: u8),*) {}), "too many arguments"),
	] {
		refused(functions(function), why);
	}
}

#[test]
fn fails_when_the_module_is_no_contract() {
	let expand = |module: TokenStream| contract::expand(quote!(), module);
	refused(
		expand(quote!(
			mod counter;
		)),
		"stands here",
	);
	refused(
		expand(quote!(
			mod counter {}
		)),
		"a struct marked `#[storage]`",
	);
	let unit = quote!(
		mod counter {
			#[storage]
			struct Counter;
		}
	);
	refused(expand(unit), "one function marked `#[deploy]`");
	let two = quote!(
		mod counter {
			#[storage]
			struct One {}
			#[storage]
			struct Two {}
		}
	);
	refused(expand(two), "one struct marked `#[storage]`");
	let unnamed = quote!(
		mod counter {
			#[storage]
			struct Counter(Cell<u64>);
		}
	);
	refused(expand(unnamed), "has a name");
	let generic = quote!(
		mod counter {
			#[storage]
			struct Counter<T> {
				of: Cell<T>,
			}
		}
	);
	refused(expand(generic), "cannot be generic");
	let name = format_ident!("{}", "x".repeat(33));
	let long = quote!(mod counter { #[storage] struct Counter { #name: Cell<u64> } });
	refused(expand(long), "at most 32 bytes");
}

#[test]
fn errors_have_the_index_that_scale_gives_them() {
	let expanded = data::error(
		quote!(),
		quote! {
			enum Error {
				One,
				#[codec(index = 7)]
				Two(u8),
				Three { of: u8 } = 9,
				Four,
			}
		},
	);
	let expanded = expanded.unwrap().to_string();
	has(&expanded, quote!(Self::One { .. } => 0u8, Self::Two { .. } => 7u8,));
	has(&expanded, quote!(Self::Three { .. } => 9u8, Self::Four { .. } => 3u8,));
	refused(
		data::error(
			quote!(),
			quote!(
				struct Error;
			),
		),
		"variants of an enum",
	);
	refused(
		data::error(
			quote!(),
			quote!(
				enum Error<T> {
					One(T),
				}
			),
		),
		"cannot be generic",
	);
	refused(
		data::error(
			quote!(now),
			quote!(
				enum Error {
					One,
				}
			),
		),
		"takes nothing",
	);
}

#[test]
fn events_are_called_as_their_types() {
	let expanded = data::event(
		quote!(),
		quote!(
			struct Added {
				by: u64,
			}
		),
	)
	.unwrap()
	.to_string();
	has(
		&expanded,
		quote!(
			const NAME: &'static str = "Added";
		),
	);
	let name = format_ident!("{}", "X".repeat(33));
	refused(data::event(quote!(), quote!(struct #name;)), "at most 32 bytes");
	assert!(data::data(
		quote!(),
		quote!(
			struct Any<T>(T);
		)
	)
	.is_ok());
}
