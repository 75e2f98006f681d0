//! `key session`: makes session keys with the proof that they are their owner's, as
//! `session.setKeys` wants both, and as `author_rotateKeysWithOwner` makes them on a running node.

use jsonrpsee::core::JsonValue;
use mbongo_primitives::AccountId;
use polkadot_sdk::{
	sc_cli::{
		self,
		utils::{pair_from_suri, read_uri},
		KeystoreParams, OutputType, OutputTypeFlag, SharedParams, SubstrateCli,
	},
	sc_service::{
		config::{BasePath, KeystoreConfig},
		ChainSpec, KeystoreContainer,
	},
	sp_core::{
		self,
		crypto::{ExposeSecret, KeyTypeId, SecretString},
		ed25519, sr25519, Decode, Encode,
	},
	sp_io::TestExternalities,
	sp_keystore::{KeystoreExt, KeystorePtr},
	sp_runtime::traits::GeneratedSessionKeys,
};
use std::{
	fmt, fs,
	path::{Path, PathBuf},
};

/// What session keys are made of, and where they are kept.
#[derive(Debug, Clone, clap::Args)]
pub struct SessionKeysCmd {
	/// The account that will set the keys: the proof is for no other
	#[arg(long, value_name = "ADDRESS")]
	owner: String,

	/// Derive the keys from this secret URI, or from the one in the file of this name, instead of
	/// making new ones
	#[arg(long, value_name = "URI")]
	suri: Option<String>,

	#[command(flatten)]
	shared_params: SharedParams,

	#[command(flatten)]
	keystore_params: KeystoreParams,

	#[command(flatten)]
	output: OutputTypeFlag,
}

impl SessionKeysCmd {
	/// Makes the keys and prints them.
	pub fn run(&self, cli: &impl SubstrateCli) -> sc_cli::Result<()> {
		let keys = self.request(cli)?.make_keys()?;
		match self.output.output_type {
			OutputType::Json => println!("{:#}", keys.json()),
			OutputType::Text => println!("{keys}"),
		}
		Ok(())
	}

	fn request<C: SubstrateCli>(&self, cli: &C) -> sc_cli::Result<Request> {
		let owner =
			self.owner.parse().map_err(|_| format!("`{}` is not an address", self.owner))?;
		let spec = cli.load_spec(&self.shared_params.chain_id(self.shared_params.is_dev()))?;
		let (path, password) = self.keystore_of(&*spec, &C::executable_name())?;
		let suri = self.suri.as_ref().map(|suri| read_uri(Some(suri))).transpose()?;
		let seed = suri.as_ref().map(|suri| seed(suri, password.as_ref())).transpose()?;
		Ok(Request { owner, path, password, suri, seed })
	}

	/// Where the keys go, and the password that they are kept under.
	fn keystore_of(
		&self,
		spec: &dyn ChainSpec,
		program: &str,
	) -> sc_cli::Result<(PathBuf, Option<SecretString>)> {
		let SharedParams { base_path, dev, .. } = &self.shared_params;
		if *dev && base_path.is_none() && self.keystore_params.keystore_path.is_none() {
			return Err("--dev keeps nothing, so the keys want a --base-path".into());
		}
		let base = base_path
			.clone()
			.map_or_else(|| BasePath::from_project("", "", program), BasePath::new);
		match self.keystore_params.keystore_config(&base.config_dir(spec.id()))? {
			KeystoreConfig::Path { path, password } => Ok((path, password)),
			KeystoreConfig::InMemory => Err("the keys want a keystore on disk".into()),
		}
	}
}

/// What is asked for, checked.
struct Request {
	owner: AccountId,
	path: PathBuf,
	password: Option<SecretString>,
	suri: Option<String>,
	seed: Option<String>,
}

impl Request {
	fn make_keys(self) -> sc_cli::Result<SessionKeys> {
		let Self { owner, path, password, suri, seed } = self;
		ensure_writable(&path)?;
		let keystore = open(KeystoreConfig::Path { path: path.clone(), password })?;
		// A keystore does not write down what it makes from a seed.
		let maker = if seed.is_some() { open(KeystoreConfig::InMemory)? } else { keystore.clone() };
		let (keys, proof) = generate(maker, &owner, seed);
		let of_another_form = || failed("the keys that were made are of another form".into());
		let public_keys = mbongo_runtime::SessionKeys::decode_into_raw_public_keys(&keys)
			.ok_or_else(of_another_form)?;
		let keys =
			mbongo_runtime::SessionKeys::decode(&mut &keys[..]).map_err(|_| of_another_form())?;
		if let Some(suri) = suri {
			for (public, key_type) in &public_keys {
				keystore
					.insert(*key_type, &suri, public)
					.map_err(|()| not_writable(&path, &"a key was not stored"))?;
			}
		}
		Ok(SessionKeys { owner, path, public_keys, keys, proof })
	}
}

/// The secret URI with the keystore's password in it: a runtime knows only of URIs.
fn seed(suri: &str, password: Option<&SecretString>) -> sc_cli::Result<String> {
	// The keystore uses its own password in place of one in the URI, so the seed does too.
	let seed = match password {
		Some(password) => {
			let bare = suri.split("///").next().unwrap_or(suri);
			format!("{bare}///{}", password.expose_secret())
		}
		None => suri.into(),
	};
	// Here, since a runtime panics over it. The reason would repeat the secret.
	pair_from_suri::<sr25519::Pair>(&seed, None)
		.and_then(|_| pair_from_suri::<ed25519::Pair>(&seed, None))
		.map_err(|_| {
			"the secret URI gives no session keys: it is to be a phrase or a hexadecimal seed, and \
			 hard junctions (//name) only"
		})?;
	Ok(seed)
}

/// Makes the folder of a keystore. A runtime that cannot write there panics.
fn ensure_writable(path: &Path) -> sc_cli::Result<()> {
	let probe = path.join(".writable");
	fs::create_dir_all(path)
		.and_then(|()| fs::write(&probe, []))
		.and_then(|()| fs::remove_file(&probe))
		.map_err(|error| not_writable(path, &error))
}

fn not_writable(path: &Path, reason: &dyn fmt::Display) -> sc_cli::Error {
	failed(format!("the keystore {} cannot be written: {reason}", path.display()))
}

fn failed(what: String) -> sc_cli::Error {
	sc_cli::Error::Application(what.into())
}

fn open(config: KeystoreConfig) -> sc_cli::Result<KeystorePtr> {
	Ok(KeystoreContainer::new(&config)?.keystore())
}

/// Makes session keys, and the proof that they are the owner's.
fn generate(keystore: KeystorePtr, owner: &AccountId, seed: Option<String>) -> (Vec<u8>, Vec<u8>) {
	let mut state = TestExternalities::default();
	state.register_extension(KeystoreExt(keystore));
	let GeneratedSessionKeys { keys, proof } = state.execute_with(|| {
		mbongo_runtime::SessionKeys::generate(&owner.encode(), seed.map(String::into_bytes))
	});
	(keys.encode(), proof.encode())
}

/// Keys that were made, and the proof that they are the owner's.
struct SessionKeys {
	owner: AccountId,
	path: PathBuf,
	public_keys: Vec<(Vec<u8>, KeyTypeId)>,
	keys: mbongo_runtime::SessionKeys,
	proof: Vec<u8>,
}

impl SessionKeys {
	fn by_type(&self) -> impl Iterator<Item = (String, String)> + '_ {
		self.public_keys
			.iter()
			.map(|(public, key_type)| (String::from_utf8_lossy(&key_type.0).into(), hex(public)))
	}

	fn json(&self) -> JsonValue {
		let fields: [(&str, JsonValue); 5] = [
			("owner", self.owner.to_string().into()),
			("publicKeys", self.by_type().collect()),
			("keys", hex(&self.keys.encode()).into()),
			("proof", hex(&self.proof).into()),
			("genesis", self.of_genesis()),
		];
		fields.into_iter().collect()
	}

	/// The entry in `session.keys` of the genesis of a network that has this validator from the beginning.
	fn of_genesis(&self) -> JsonValue {
		let owner = self.owner.to_string();
		serde_json::json!([owner, owner, self.keys])
	}
}

impl fmt::Display for SessionKeys {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(f, "Session keys of {}, kept in {}:", self.owner, self.path.display())?;
		for (key_type, public) in self.by_type() {
			writeln!(f, "  {key_type}   {public}")?;
		}
		writeln!(f, "What this account gives to session.setKeys:")?;
		writeln!(f, "  keys   {}", hex(&self.keys.encode()))?;
		writeln!(f, "  proof  {}", hex(&self.proof))?;
		writeln!(f, "What goes into session.keys of a new network's genesis:")?;
		write!(f, "  {}", self.of_genesis())
	}
}

fn hex(bytes: &[u8]) -> String {
	sp_core::bytes::to_hex(bytes, false)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		cli::{Cli, KeyCommand, Subcommand},
		command::exit_code,
	};
	use clap::Parser;
	use polkadot_sdk::{
		sp_core::Pair,
		sp_runtime::{
			traits::{IdentifyAccount, OpaqueKeys},
			MultiSigner,
		},
	};
	use tempfile::TempDir;

	const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
	const GRANDPA: KeyTypeId = KeyTypeId(*b"gran");

	fn folder() -> TempDir {
		tempfile::tempdir().expect("the temporary folder can be written")
	}

	fn text(path: &Path) -> &str {
		path.to_str().expect("the path is text")
	}

	fn request(args: &[&str]) -> sc_cli::Result<Request> {
		let args = [&["mbongo-node", "key", "session"], args].concat();
		let mut cli = Cli::try_parse_from(args).expect("these arguments exist");
		let Some(Subcommand::Key(KeyCommand::Session(cmd))) = cli.subcommand.take() else {
			panic!("this is `key session`")
		};
		cmd.request(&cli)
	}

	/// Keys of Bob's on the development chain.
	fn make_for_bob(base: &Path, args: &[&str]) -> SessionKeys {
		let chain = ["--owner", BOB, "--chain", "dev", "--base-path", text(base)];
		request(&[&chain, args].concat()).unwrap().make_keys().unwrap()
	}

	fn account(uri: &str) -> AccountId {
		let public = sr25519::Pair::from_string(uri, None).expect("it is a good URI").public();
		MultiSigner::from(public).into_account()
	}

	fn proves(keys: &SessionKeys, owner: &AccountId) -> bool {
		keys.keys.ownership_proof_is_valid(&owner.encode(), &keys.proof)
	}

	/// Whether the keystore has all the keys, and signs with them.
	fn holds(path: &Path, password: Option<&str>, keys: &SessionKeys) -> bool {
		let password = password.map(|password| password.parse().unwrap());
		let keystore = open(KeystoreConfig::Path { path: path.into(), password }).unwrap();
		keystore.has_keys(&keys.public_keys)
			&& keys.public_keys.iter().all(|(public, key_type)| {
				let public = <[u8; 32]>::try_from(&public[..]).unwrap();
				if *key_type == GRANDPA {
					matches!(keystore.ed25519_sign(*key_type, &public.into(), b"x"), Ok(Some(_)))
				} else {
					matches!(keystore.sr25519_sign(*key_type, &public.into(), b"x"), Ok(Some(_)))
				}
			})
	}

	#[test]
	fn new_keys_are_kept_and_are_their_owners() {
		let base = folder();
		let keys = make_for_bob(base.path(), &[]);
		assert_eq!(keys.owner, account("//Bob"));
		let types: Vec<_> = keys.by_type().map(|(key_type, _)| key_type).collect();
		assert_eq!(types, ["babe", "gran", "audi", "pouw"]);
		assert_eq!(
			keys.keys.encode(),
			keys.public_keys.iter().flat_map(|(key, _)| key.clone()).collect::<Vec<_>>()
		);
		assert!(proves(&keys, &keys.owner));
		assert!(!proves(&keys, &account("//Alice")));
		assert_eq!(keys.path, base.path().join("chains/mbongo_dev/keystore"));
		assert!(holds(&keys.path, None, &keys));
		assert_eq!(fs::read_dir(&keys.path).unwrap().count(), 4, "and nothing else is there");

		let others = make_for_bob(base.path(), &[]);
		assert!(keys.public_keys.iter().all(|key| !others.public_keys.contains(key)));
		assert!(holds(&keys.path, None, &others));
	}

	#[test]
	fn keys_of_a_uri_are_those_of_the_development_account() {
		let base = folder();
		let path = base.path().join("elsewhere");
		let uri = base.path().join("uri");
		fs::write(&uri, "//Bob\n").unwrap();
		for suri in ["//Bob", text(&uri)] {
			let args = ["--suri", suri, "--keystore-path", text(&path)];
			let keys = make_for_bob(base.path(), &args);
			let sr: [u8; 32] = sr25519::Pair::from_string("//Bob", None).unwrap().public().0;
			let ed: [u8; 32] = ed25519::Pair::from_string("//Bob", None).unwrap().public().0;
			assert_eq!(keys.keys.encode(), [&sr[..], &ed, &sr, &sr].concat());
			assert!(proves(&keys, &keys.owner));
			assert!(holds(&path, None, &keys));
			let in_genesis: (AccountId, AccountId, mbongo_runtime::SessionKeys) =
				serde_json::from_value(keys.of_genesis()).unwrap();
			assert_eq!((in_genesis.0, in_genesis.1), (account("//Bob"), account("//Bob")));
			assert_eq!(in_genesis.2, keys.keys);
			assert_eq!(keys.of_genesis()[2]["babe"], BOB);
		}
	}

	#[test]
	fn a_password_is_part_of_the_keys() {
		let base = folder();
		for args in [&[][..], &["--suri", "//Bob"], &["--suri", "//Bob///other"]] {
			let args = [&["--password", "a/b"], args].concat();
			let keys = make_for_bob(base.path(), &args);
			assert!(proves(&keys, &keys.owner), "{args:?}");
			assert!(holds(&keys.path, Some("a/b"), &keys), "{args:?}");
			assert!(!holds(&keys.path, None, &keys), "{args:?}");
		}
	}

	#[test]
	fn both_outputs_have_all_that_set_keys_takes() {
		let keys = SessionKeys {
			owner: account("//Bob"),
			path: "/keystore".into(),
			public_keys: vec![(vec![1, 2], KeyTypeId(*b"babe")), (vec![3], GRANDPA)],
			keys: mbongo_runtime::SessionKeys::decode(&mut &[7; 128][..]).unwrap(),
			proof: vec![4, 0],
		};
		let json = serde_json::json!({
			"owner": BOB,
			"publicKeys": { "babe": "0x0102", "gran": "0x03" },
			"keys": hex(&[7; 128]),
			"proof": "0x0400",
			"genesis": [BOB, BOB, keys.keys],
		});
		assert_eq!(keys.json(), json);
		let text = keys.to_string();
		for part in [BOB, "/keystore", "babe   0x0102", "gran   0x03", &hex(&[7; 128]), "0x0400"] {
			assert!(text.contains(part), "{part} in {text}");
		}
	}

	/// A chain specification of no use but for its id.
	fn bare_spec(folder: &Path) -> PathBuf {
		let spec = folder.join("spec.json");
		let json = r#"{
			"name": "Bare", "id": "bare", "bootNodes": [],
			"genesis": { "raw": { "top": {}, "childrenDefault": {} } }
		}"#;
		fs::write(&spec, json).unwrap();
		spec
	}

	fn refused(args: &[&str]) -> (String, u8) {
		let error = request(args).err().expect("this is refused");
		let said = error.to_string();
		assert!(!said.contains('\n'), "one sentence: {said}");
		(said, exit_code(&error))
	}

	#[test]
	fn misuse_is_refused_in_a_sentence() {
		let base = folder();
		let spec = bare_spec(base.path());
		let there = ["--chain", text(&spec), "--base-path", text(base.path())];
		for (args, part) in [
			(&["--owner", "Bob"][..], "`Bob` is not an address"),
			// With another last letter.
			(&["--owner", "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694tz"], "is not an address"),
			(&["--owner", BOB, "--suri", "no such phrase"], "the secret URI gives no session keys"),
			(&["--owner", BOB, "--suri", "//Bob/soft"], "the secret URI gives no session keys"),
			(&["--owner", BOB, "--suri", "##"], "the secret URI gives no session keys"),
		] {
			let (said, code) = refused(&[&there, args].concat());
			assert!(said.contains(part), "{said}");
			assert_eq!(code, 2, "{said}");
		}
		let (said, code) = refused(&["--owner", BOB, "--dev"]);
		assert!(said.contains("--base-path"), "{said}");
		assert_eq!(code, 2);
		assert_eq!(fs::read_dir(base.path()).unwrap().count(), 1, "nothing is made");
	}

	#[test]
	fn a_secret_is_not_repeated() {
		let base = folder();
		let spec = bare_spec(base.path());
		let (said, _) = refused(&["--owner", BOB, "--chain", text(&spec), "--suri", "my!secret"]);
		assert!(!said.contains("my!secret"), "{said}");
	}

	#[test]
	fn a_keystore_that_cannot_be_written_is_named() {
		let base = folder();
		let path = base.path().join("file");
		fs::write(&path, "no folder").unwrap();
		let error = ensure_writable(&path).unwrap_err();
		assert!(error.to_string().contains(text(&path)), "{error}");
		assert_eq!(exit_code(&error), 1);
		ensure_writable(&base.path().join("new/folder")).unwrap();
	}
}
