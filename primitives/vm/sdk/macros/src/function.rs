//! Functions of a contract that the world can call.

use mbongo_vm_abi::limits;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
	spanned::Spanned, Attribute, Error, FnArg, Ident, ImplItemFn, Meta, Pat, Result, ReturnType,
	Type,
};

/// Who may use a function how.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
	/// Called once, when the contract is made.
	Deploy,
	/// May change what the contract keeps.
	Call,
	/// May only look.
	View,
}

/// A function that the world can call.
pub struct Function {
	pub kind: Kind,
	pub name: Ident,
	is_payable: bool,
	arguments: Vec<Type>,
	returns_result: bool,
}

impl Function {
	/// A function of the contract, if it is marked. The marks are taken off.
	pub fn read(item: &mut ImplItemFn) -> Result<Option<Self>> {
		let mut kinds = Vec::new();
		let mut is_payable = false;
		let mut error = None;
		item.attrs.retain(|attribute| {
			match mark(attribute) {
				Ok(None) => return true,
				Ok(Some(Mark::Kind(kind))) => kinds.push(kind),
				Ok(Some(Mark::Payable)) => is_payable = true,
				Err(found) => error = Some(found),
			}
			false
		});
		if let Some(error) = error {
			return Err(error);
		}
		let name = item.sig.ident.clone();
		let refuse = |what: &str| Err(Error::new(name.span(), what));
		let kind = match (&kinds[..], is_payable) {
			([], false) => return Ok(None),
			([], true) => return refuse("`#[payable]` stands beside `#[deploy]` or `#[call]`"),
			([Kind::View], true) => return refuse("who may only look takes no value"),
			([kind], _) => *kind,
			_ => return refuse("this is marked twice"),
		};
		let signature = &item.sig;
		if let Some(found) = &signature.asyncness {
			return Err(Error::new(found.span(), "the world cannot wait for this function"));
		}
		if !signature.generics.params.is_empty() {
			return Err(Error::new_spanned(&signature.generics, "this function cannot be generic"));
		}
		if name.to_string().len() > limits::NAME_BYTES as usize {
			return refuse("this name is too long for a call");
		}
		let mut inputs = signature.inputs.iter();
		match inputs.next() {
			Some(FnArg::Receiver(this))
				if this.reference.is_some() && this.colon_token.is_none() =>
			{
				if kind == Kind::View && this.mutability.is_some() {
					return Err(Error::new_spanned(this, "who may only look takes `&self`"));
				}
			}
			_ => return refuse("this function takes `&self` or `&mut self` first"),
		}
		let arguments = inputs.map(argument).collect::<Result<Vec<_>>>()?;
		if arguments.len() > limits::ARGS as usize {
			return refuse("these are too many arguments for a call");
		}
		let returns_result = is_result(&signature.output)?;
		Ok(Some(Self { kind, name, is_payable, arguments, returns_result }))
	}

	/// The name and what is called by it.
	pub fn row(&self) -> TokenStream {
		let (text, entry) = (self.name.to_string(), self.entry_name());
		quote!((#text, #entry))
	}

	fn entry_name(&self) -> Ident {
		format_ident!("__{}", self.name)
	}

	/// What reads the arguments, calls the function, and writes the answer. It stays apart from the
	/// others: code is translated, and paid for, by the function.
	pub fn entry(&self, contract: &TokenStream) -> TokenStream {
		let Self { name, arguments: types, .. } = self;
		let count = types.len();
		let names: Vec<_> = (0..count).map(|place| format_ident!("argument_{place}")).collect();
		let entry = self.entry_name();
		let value = match self.is_payable {
			true => quote!(),
			false => quote!(::mbongo_contract::dispatch::not_payable(input)?;),
		};
		let once = match self.kind {
			Kind::Deploy => quote!(::mbongo_contract::dispatch::once()?;),
			_ => quote!(),
		};
		let answer = match self.returns_result {
			true => quote!(::mbongo_contract::dispatch::result),
			false => quote!(::mbongo_contract::dispatch::success),
		};
		let mutable = match count {
			0 => quote!(_arguments),
			_ => quote!(mut arguments),
		};
		quote! {
			#[inline(never)]
			#[allow(unused_mut)] // For those that look only.
			fn #entry(
				input: &::mbongo_contract::Input,
			) -> ::core::result::Result<::mbongo_contract::Output, ::mbongo_contract::Refusal> {
				#value
				#once
				let #mutable = ::mbongo_contract::dispatch::Arguments::exactly(input, #count)?;
				#(let #names: #types = arguments.take()?;)*
				let mut contract = #contract;
				Ok(#answer(contract.#name(#(#names),*)))
			}
		}
	}
}

enum Mark {
	Kind(Kind),
	Payable,
}

fn mark(attribute: &Attribute) -> Result<Option<Mark>> {
	let path = attribute.path();
	let mark = if path.is_ident("deploy") {
		Mark::Kind(Kind::Deploy)
	} else if path.is_ident("call") {
		Mark::Kind(Kind::Call)
	} else if path.is_ident("view") {
		Mark::Kind(Kind::View)
	} else if path.is_ident("payable") {
		Mark::Payable
	} else {
		return Ok(None);
	};
	match attribute.meta {
		Meta::Path(_) => Ok(Some(mark)),
		_ => Err(Error::new_spanned(attribute, "this attribute takes nothing")),
	}
}

fn argument(argument: &FnArg) -> Result<Type> {
	let FnArg::Typed(argument) = argument else {
		return Err(Error::new_spanned(argument, "this stands first"));
	};
	let Pat::Ident(_) = &*argument.pat else {
		return Err(Error::new_spanned(&argument.pat, "an argument has a name"));
	};
	match &*argument.ty {
		Type::Reference(found) => {
			Err(Error::new_spanned(found, "an argument comes from outside: take it by value"))
		}
		Type::ImplTrait(found) => Err(Error::new_spanned(found, "an argument has one type")),
		found => Ok(found.clone()),
	}
}

/// Whether a function answers a `Result`, or an alias of that name.
fn is_result(output: &ReturnType) -> Result<bool> {
	match output {
		ReturnType::Default => Ok(false),
		ReturnType::Type(_, of) => match &**of {
			Type::Path(path) => {
				Ok(path.path.segments.last().is_some_and(|segment| segment.ident == "Result"))
			}
			Type::Reference(found) => {
				Err(Error::new_spanned(found, "an answer goes outside: give it by value"))
			}
			_ => Ok(false),
		},
	}
}
