//! Types that pass between a contract and the world.

use mbongo_vm_abi::limits;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Error, Expr, ExprLit, Generics, Lit, Result, Variant};

/// A type with what all such types have.
fn derived(attribute: TokenStream, item: TokenStream) -> Result<(TokenStream, DeriveInput)> {
	if !attribute.is_empty() {
		return Err(Error::new_spanned(attribute, "this attribute takes nothing"));
	}
	let input: DeriveInput = syn::parse2(item)?;
	let with_derives = quote! {
		#[derive(
			::mbongo_contract::codec::Encode,
			::mbongo_contract::codec::Decode,
			Clone,
			PartialEq,
			Eq,
			Debug,
		)]
		#[codec(crate = ::mbongo_contract::codec)]
		#input
	};
	Ok((with_derives, input))
}

fn without_generics(generics: &Generics) -> Result<()> {
	match generics.params.is_empty() {
		true => Ok(()),
		false => Err(Error::new_spanned(generics, "this type cannot be generic")),
	}
}

pub fn data(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
	derived(attribute, item).map(|(derived, _)| derived)
}

pub fn event(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
	let (derived, input) = derived(attribute, item)?;
	without_generics(&input.generics)?;
	let (ident, name) = (&input.ident, input.ident.to_string());
	if name.len() > limits::TOPIC_BYTES as usize {
		let most = format!("the name of an event has at most {} bytes", limits::TOPIC_BYTES);
		return Err(Error::new_spanned(ident, most));
	}
	Ok(quote! {
		#derived

		impl ::mbongo_contract::Event for #ident {
			const NAME: &'static str = #name;
		}
	})
}

pub fn error(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
	let (derived, input) = derived(attribute, item)?;
	without_generics(&input.generics)?;
	let ident = &input.ident;
	let Data::Enum(data) = &input.data else {
		return Err(Error::new_spanned(ident, "errors are the variants of an enum"));
	};
	let mut arms = Vec::new();
	for (place, variant) in data.variants.iter().enumerate() {
		let (name, index) = (&variant.ident, index(variant, place)?);
		arms.push(quote!(Self::#name { .. } => #index,));
	}
	Ok(quote! {
		#derived

		impl ::mbongo_contract::ContractError for #ident {
			fn status(&self) -> u32 {
				let index: u8 = match *self { #(#arms)* };
				::mbongo_contract::FIRST_ERROR + u32::from(index)
			}
		}
	})
}

/// The index that SCALE gives a variant: the one that is said, or its place.
fn index(variant: &Variant, place: usize) -> Result<u8> {
	let mut said = None;
	for attribute in variant.attrs.iter().filter(|attribute| attribute.path().is_ident("codec")) {
		attribute.parse_nested_meta(|meta| {
			if meta.path.is_ident("index") {
				said = Some(meta.value()?.parse::<syn::LitInt>()?.base10_parse()?);
			}
			Ok(())
		})?;
	}
	match (said, &variant.discriminant) {
		(Some(index), _) => Ok(index),
		(None, Some((_, Expr::Lit(ExprLit { lit: Lit::Int(number), .. })))) => {
			number.base10_parse()
		}
		(None, Some((_, other))) => Err(Error::new_spanned(other, "this must be a number")),
		(None, None) => {
			u8::try_from(place).map_err(|_| Error::new(Span::call_site(), "too many errors"))
		}
	}
}
