//! What code says of itself, as the attribute `contract` takes it.

use codec::Encode;
use mbongo_vm_abi::{Manifest, Permission, MANIFEST_SECTION};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
	parse::{Parse, ParseStream},
	punctuated::Punctuated,
	Error, Ident, LitStr, Result, Token,
};

/// The arguments of the attribute.
pub struct Arguments(Manifest);

impl Parse for Arguments {
	fn parse(input: ParseStream) -> Result<Self> {
		let mut manifest = Manifest::default();
		let mut seen: Vec<Ident> = Vec::new();
		for argument in Punctuated::<Argument, Token![,]>::parse_terminated(input)? {
			let Argument { name, value } = argument;
			if seen.contains(&name) {
				return Err(Error::new(name.span(), "this is said twice"));
			}
			match (name.to_string().as_str(), &value) {
				("reentrant", None) => manifest.is_reentrant = true,
				("upgrade", Some(who)) => manifest.upgrade = permission(who)?,
				("terminate", Some(who)) => manifest.terminate = permission(who)?,
				_ => {
					let said = "`reentrant`, `upgrade = \"..\"` or `terminate = \"..\"`";
					return Err(Error::new(name.span(), format!("here is said {said}")));
				}
			}
			seen.push(name);
		}
		Ok(Self(manifest))
	}
}

struct Argument {
	name: Ident,
	value: Option<LitStr>,
}

impl Parse for Argument {
	fn parse(input: ParseStream) -> Result<Self> {
		let name = input.parse()?;
		let value = match input.parse::<Option<Token![=]>>()? {
			Some(_) => Some(input.parse()?),
			None => None,
		};
		Ok(Self { name, value })
	}
}

fn permission(who: &LitStr) -> Result<Permission> {
	match who.value().as_str() {
		"nobody" => Ok(Permission::Nobody),
		"deployer" => Ok(Permission::Deployer),
		"contract" => Ok(Permission::Contract),
		_ => Err(Error::new(who.span(), "this is \"nobody\", \"deployer\" or \"contract\"")),
	}
}

impl Arguments {
	/// The manifest as an expression.
	pub fn value(&self) -> TokenStream {
		let Manifest { is_reentrant, upgrade, terminate } = self.0;
		let (upgrade, terminate) = (path(upgrade), path(terminate));
		quote! {
			::mbongo_contract::Manifest {
				is_reentrant: #is_reentrant,
				upgrade: #upgrade,
				terminate: #terminate,
			}
		}
	}

	/// The section of the module.
	pub fn section(&self) -> TokenStream {
		let bytes = self.0.encode();
		let length = bytes.len();
		quote! {
			#[cfg(target_arch = "wasm32")]
			#[allow(unsafe_code)]
			#[link_section = #MANIFEST_SECTION]
			static MANIFEST: [u8; #length] = [#(#bytes),*];
		}
	}
}

fn path(permission: Permission) -> TokenStream {
	match permission {
		Permission::Nobody => quote!(::mbongo_contract::Permission::Nobody),
		Permission::Deployer => quote!(::mbongo_contract::Permission::Deployer),
		Permission::Contract => quote!(::mbongo_contract::Permission::Contract),
	}
}
