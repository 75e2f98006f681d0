//! What a translator knows of a function's operands: which ones are constants or locals, and which ones
//! say whether a number is zero.

use alloc::vec::Vec;
use wasmparser::{FuncValidator, Operator, ValidatorResources};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
	/// A constant other than zero.
	Other,
	/// A constant that may be zero.
	Zero,
	/// Whether a number is zero.
	Test,
	/// A local.
	Local(u32),
}

/// The operands of which something is known. What is not sure is taken for known.
#[derive(Default)]
pub(crate) struct Known {
	/// By how many operands there are with them.
	marks: Vec<(u32, Mark)>,
	/// Part of the function is left out, since an `if` goes by a constant. Compilers do that
	/// themselves: it is not worth to find out which part.
	is_partial: bool,
}

impl Known {
	/// Whether the last of so many operands says whether a number is zero.
	pub fn is_test(&self, height: u32) -> bool {
		self.is_partial || self.marks.last() == Some(&(height, Mark::Test))
	}

	/// Whether the last two of so many operands are the same local.
	pub fn is_same_local(&self, height: u32) -> bool {
		match self.marks.as_slice() {
			[.., (below, Mark::Local(one)), (above, Mark::Local(other))] => {
				*above == height && below.saturating_add(1) == height && one == other
					|| self.is_partial
			}
			_ => self.is_partial,
		}
	}

	/// Follows an operator, which the validator has not seen yet.
	pub fn follow(
		&mut self,
		operator: &Operator,
		offset: usize,
		validator: &mut FuncValidator<ValidatorResources>,
		mutable: &[bool],
	) {
		let mark = match operator {
			Operator::I32Const { value: 0 } | Operator::I64Const { value: 0 } => Some(Mark::Zero),
			Operator::I32Const { .. } | Operator::I64Const { .. } => Some(Mark::Other),
			Operator::GlobalGet { global_index } => {
				mutable.get(*global_index as usize).filter(|mutable| !*mutable).map(|_| Mark::Zero)
			}
			Operator::LocalGet { local_index } => Some(Mark::Local(*local_index)),
			_ => None,
		};
		// Constants and locals can leave a block as they are.
		let can_give = matches!(operator, Operator::I32Eqz | Operator::LocalTee { .. });
		let is_nothing = self.marks.is_empty() && !can_give && mark.is_none();
		if is_nothing || matches!(operator, Operator::End) {
			return;
		}
		let height = validator.operand_stack_height();
		let arity = operator.operator_arity(&validator.visitor(offset));
		let (takes, gives) = arity.unwrap_or((height, 0));
		// Some are gone without an operator that took them, with a block that was left.
		self.cut(height);
		let rest = height.saturating_sub(takes);
		let first = self.marks.partition_point(|(of, _)| *of <= rest);
		let taken = self.marks.get(first..).unwrap_or_default();
		let is_constant = |mark: &Mark| matches!(mark, Mark::Other | Mark::Zero);
		let constants = taken.iter().filter(|(_, mark)| is_constant(mark)).count();
		let mark = mark.or_else(|| match operator {
			_ if takes == 0 || gives != 1 || !is_computed(operator) => None,
			_ if constants == takes as usize => Some(Mark::Zero),
			// The same one in both cases.
			Operator::Select if constants == 2 => Some(Mark::Zero),
			Operator::Select => match taken {
				[(_, one), (_, other), ..] if one == other => Some(*one),
				_ => None,
			},
			Operator::LocalTee { local_index } => Some(Mark::Local(*local_index)),
			Operator::I32Eqz => Some(Mark::Test),
			Operator::I32Eq | Operator::I32Ne => {
				taken.iter().any(|(_, mark)| *mark == Mark::Zero).then_some(Mark::Test)
			}
			_ => None,
		});
		self.is_partial |= matches!(operator, Operator::If { .. }) && constants > 0;
		self.cut(rest);
		if let Some(mark) = mark {
			self.marks.push((rest.saturating_add(1), mark));
		}
	}

	/// Forgets all operands but so many.
	fn cut(&mut self, height: u32) {
		while self.marks.last().is_some_and(|(of, _)| *of > height) {
			self.marks.pop();
		}
	}
}

/// Whether what an operator gives depends on nothing but what it takes.
fn is_computed(operator: &Operator) -> bool {
	!matches!(
		operator,
		Operator::Call { .. }
			| Operator::CallIndirect { .. }
			| Operator::MemoryGrow { .. }
			| Operator::I32Load { .. }
			| Operator::I32Load8S { .. }
			| Operator::I32Load8U { .. }
			| Operator::I32Load16S { .. }
			| Operator::I32Load16U { .. }
			| Operator::I64Load { .. }
			| Operator::I64Load8S { .. }
			| Operator::I64Load8U { .. }
			| Operator::I64Load16S { .. }
			| Operator::I64Load16U { .. }
			| Operator::I64Load32S { .. }
			| Operator::I64Load32U { .. }
	)
}
