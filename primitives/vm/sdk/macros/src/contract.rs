//! The attribute `contract`.

use crate::{
	function::{Function, Kind},
	manifest::Arguments,
};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
	punctuated::Punctuated, Error, Fields, Ident, ImplItem, Item, ItemImpl, ItemMod, ItemStruct,
	Result, Type,
};

/// How long the name of an item of storage may be, so that short keys of maps are not hashed.
const ITEM_NAME_BYTES: usize = 32;

pub fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
	let arguments: Arguments = syn::parse2(attribute)?;
	let mut module: ItemMod = syn::parse2(item)?;
	let span = module.ident.span();
	let Some((_, items)) = &mut module.content else {
		return Err(Error::new(span, "the contract's module stands here, not in another file"));
	};
	let (storage, fields) = storage(items, &module.ident)?;
	let functions = functions(items, &storage)?;
	let deploys = functions.iter().filter(|function| function.kind == Kind::Deploy);
	if deploys.count() != 1 {
		return Err(Error::new(span, "a contract has one function marked `#[deploy]`"));
	}
	items.push(Item::Verbatim(dispatch(&storage, &fields, &functions)));
	items.push(Item::Verbatim(entry(&arguments)));
	Ok(quote!(#module))
}

/// The struct of what the contract keeps, without its mark, and how each of its fields is made.
fn storage(items: &mut [Item], module: &Ident) -> Result<(Ident, Vec<TokenStream>)> {
	let mut found = None;
	for item in items {
		let Item::Struct(item) = item else { continue };
		let before = item.attrs.len();
		item.attrs.retain(|attribute| !attribute.path().is_ident("storage"));
		if item.attrs.len() == before {
			continue;
		}
		if found.is_some() {
			return Err(Error::new_spanned(item, "a contract has one struct marked `#[storage]`"));
		}
		found = Some((item.ident.clone(), fields(item)?));
	}
	found.ok_or_else(|| {
		Error::new(module.span(), "a contract has a struct marked `#[storage]`, which may be empty")
	})
}

fn fields(item: &ItemStruct) -> Result<Vec<TokenStream>> {
	if !item.generics.params.is_empty() {
		return Err(Error::new_spanned(&item.generics, "this struct cannot be generic"));
	}
	let fields = match &item.fields {
		Fields::Named(fields) => &fields.named,
		Fields::Unit => &Punctuated::new(),
		Fields::Unnamed(fields) => {
			return Err(Error::new_spanned(fields, "an item of storage has a name"));
		}
	};
	let made = fields.iter().map(|field| {
		let (ident, of) = (&field.ident, &field.ty);
		let name = ident.as_ref().map(Ident::to_string).unwrap_or_default();
		// With its length in front, as the key begins.
		let prefixed = format!("{}{name}", char::from(name.len() as u8));
		match name.len() <= ITEM_NAME_BYTES {
			true => Ok(quote!(#ident: <#of>::new(#prefixed))),
			false => {
				let most = format!("the name of an item has at most {ITEM_NAME_BYTES} bytes");
				Err(Error::new_spanned(ident, most))
			}
		}
	});
	made.collect()
}

/// The functions that the world can call, without their marks.
fn functions(items: &mut [Item], storage: &Ident) -> Result<Vec<Function>> {
	let mut functions: Vec<Function> = Vec::new();
	for item in items {
		let Item::Impl(block) = item else { continue };
		if !is_of(block, storage) {
			continue;
		}
		for item in &mut block.items {
			let ImplItem::Fn(item) = item else { continue };
			functions.extend(Function::read(item)?);
		}
	}
	Ok(functions)
}

/// Whether these are functions of the contract itself.
fn is_of(block: &ItemImpl, storage: &Ident) -> bool {
	match &*block.self_ty {
		Type::Path(of) => block.trait_.is_none() && of.path.is_ident(storage),
		_ => false,
	}
}

/// What finds the function that is called: a table, for arms would be compared with code of their own.
fn dispatch(storage: &Ident, fields: &[TokenStream], functions: &[Function]) -> TokenStream {
	let contract = quote!(#storage { #(#fields),* });
	let rows = functions.iter().map(Function::row);
	let entries = functions.iter().map(|function| function.entry(&contract));
	quote! {
		fn __execute(input: &::mbongo_contract::Input) -> ::mbongo_contract::Output {
			::mbongo_contract::dispatch::execute(input, &[#(#rows),*])
		}

		#(#entries)*
	}
}

/// What the machine looks for, and what tests do.
fn entry(arguments: &Arguments) -> TokenStream {
	let (manifest, section) = (arguments.value(), arguments.section());
	quote! {
		/// The contract's code, for tests.
		pub const CONTRACT: ::mbongo_contract::Contract =
			::mbongo_contract::Contract { execute: __execute, manifest: #manifest };

		const _: () = {
			#section

			#[cfg(target_arch = "wasm32")]
			#[allow(unsafe_code)]
			#[no_mangle]
			extern "C" fn execute(at: usize, length: usize) -> usize {
				::mbongo_contract::guest::execute(at, length, __execute)
			}
		};
	}
}
