;; The counter of `src/lib.rs`, written by hand: the same functions, the same answers byte for byte, the
;; same items of storage, the same events.
(module
	(import "mbongo" "storage_read" (func $storage_read (param i32 i32 i32 i32) (result i32)))
	(import "mbongo" "storage_write" (func $storage_write (param i32 i32 i32 i32)))
	(import "mbongo" "storage_len" (func $storage_len (param i32 i32) (result i32)))
	(import "mbongo" "emit_event" (func $emit_event (param i32 i32 i32 i32)))

	;; Not reentrant; nobody upgrades or terminates it.
	(@custom "mbongo" "\00\00\00")

	;; From 0 on names and keys, from 64 on numbers, from 128 on the output, from 1024 on the input.
	(memory (export "memory") 1)
	(data (i32.const 0) "deploy")
	(data (i32.const 8) "add")
	(data (i32.const 12) "get")
	;; The key of the count: its name, with the length in front.
	(data (i32.const 16) "\05count")
	;; The key of the note that it was deployed is one byte 0, at 24.
	(data (i32.const 32) "Added")

	;; How long the output is.
	(global $length (mut i32) (i32.const 0))
	;; Where the input is read.
	(global $at (mut i32) (i32.const 0))
	;; The function's name.
	(global $name (mut i32) (i32.const 0))
	(global $name_length (mut i32) (i32.const 0))
	;; How many arguments there are, and where.
	(global $count (mut i32) (i32.const 0))
	(global $arguments (mut i32) (i32.const 0))

	(func (export "alloc") (param $length i32) (result i32)
		(if (i32.gt_u (local.get $length) (i32.const 64512))
			(then (drop (memory.grow (i32.const 1)))))
		(i32.const 1024))

	(func (export "output_len") (result i32) (global.get $length))

	;; Takes so many bytes of the input: where they are.
	(func $take (param $bytes i32) (result i32)
		(global.get $at)
		(global.set $at (i32.add (global.get $at) (local.get $bytes))))

	;; Takes a length as SCALE has it.
	(func $take_length (result i32)
		(local $kind i32)
		(local.set $kind (i32.and (i32.load8_u (global.get $at)) (i32.const 3)))
		(if (i32.eqz (local.get $kind))
			(then (return (i32.shr_u (i32.load8_u (call $take (i32.const 1))) (i32.const 2)))))
		(if (i32.eq (local.get $kind) (i32.const 1))
			(then (return (i32.shr_u (i32.load16_u (call $take (i32.const 2))) (i32.const 2)))))
		(i32.shr_u (i32.load (call $take (i32.const 4))) (i32.const 2)))

	;; Whether the function is called this.
	(func $is (param $name i32) (param $length i32) (result i32)
		(if (i32.ne (local.get $length) (global.get $name_length))
			(then (return (i32.const 0))))
		(loop $next
			(if (i32.eqz (local.get $length))
				(then (return (i32.const 1))))
			(local.set $length (i32.sub (local.get $length) (i32.const 1)))
			(br_if $next (i32.eq
				(i32.load8_u (i32.add (local.get $name) (local.get $length)))
				(i32.load8_u (i32.add (global.get $name) (local.get $length))))))
		(i32.const 0))

	;; An output of this status, whose data are at 134.
	(func $answer (param $status i32) (param $length i32) (result i32)
		(i32.store8 (i32.const 128) (i32.const 1))
		(i32.store (i32.const 129) (local.get $status))
		(i32.store8 (i32.const 133) (i32.shl (local.get $length) (i32.const 2)))
		(global.set $length (i32.add (local.get $length) (i32.const 6)))
		(i32.const 128))

	;; A success with a number.
	(func $answer_number (param $number i64) (result i32)
		(i64.store (i32.const 134) (local.get $number))
		(call $answer (i32.const 0) (i32.const 8)))

	;; The number kept, or 0.
	(func $kept (result i64)
		(i64.store (i32.const 64) (i64.const 0))
		(drop (call $storage_read (i32.const 16) (i32.const 6) (i32.const 64) (i32.const 8)))
		(i64.load (i32.const 64)))

	;; Keeps a number.
	(func $keep (param $number i64)
		(i64.store (i32.const 64) (local.get $number))
		(call $storage_write (i32.const 16) (i32.const 6) (i32.const 64) (i32.const 8)))

	;; Whether there is one argument, which is a number: 0, or else the status.
	(func $is_not_one_number (result i32)
		(if (i32.ne (global.get $count) (i32.const 1))
			(then (return (i32.const 4))))
		(global.set $at (global.get $arguments))
		(if (i32.ne (call $take_length) (i32.const 8))
			(then (return (i32.const 5))))
		(i32.const 0))

	;; The answer to wrong arguments. Of the first one that is malformed, the number is told.
	(func $refuse_arguments (param $status i32) (result i32)
		(i32.store8 (i32.const 134) (i32.const 0))
		(call $answer (local.get $status) (i32.eq (local.get $status) (i32.const 5))))

	(func $deploy (result i32)
		(local $wrong i32)
		(if (i32.ge_s (call $storage_len (i32.const 24) (i32.const 1)) (i32.const 0))
			(then (return (call $answer (i32.const 6) (i32.const 0)))))
		(call $storage_write (i32.const 24) (i32.const 1) (i32.const 0) (i32.const 0))
		(local.set $wrong (call $is_not_one_number))
		(if (local.get $wrong)
			(then (return (call $refuse_arguments (local.get $wrong)))))
		(call $keep (i64.load (global.get $at)))
		(call $answer (i32.const 0) (i32.const 0)))

	(func $add (result i32)
		(local $wrong i32)
		(local $by i64)
		(local $count i64)
		(local.set $wrong (call $is_not_one_number))
		(if (local.get $wrong)
			(then (return (call $refuse_arguments (local.get $wrong)))))
		(local.set $by (i64.load (global.get $at)))
		(local.set $count (i64.add (call $kept) (local.get $by)))
		;; More than the number can be: the contract's first error.
		(if (i64.lt_u (local.get $count) (local.get $by))
			(then
				(i32.store8 (i32.const 134) (i32.const 0))
				(return (call $answer (i32.const 100) (i32.const 1)))))
		(call $keep (local.get $count))
		(i64.store (i32.const 72) (local.get $by))
		(i64.store (i32.const 80) (local.get $count))
		(call $emit_event (i32.const 32) (i32.const 5) (i32.const 72) (i32.const 16))
		(call $answer_number (local.get $count)))

	(func $get (result i32)
		(if (global.get $count)
			(then (return (call $answer (i32.const 4) (i32.const 0)))))
		(call $answer_number (call $kept)))

	(func (export "execute") (param $at i32) (param $length i32) (result i32)
		(local $which i32)
		(local $left i32)
		(global.set $at (local.get $at))
		(if (i32.ne (i32.load8_u (call $take (i32.const 1))) (i32.const 1))
			(then (return (call $answer (i32.const 1) (i32.const 0)))))
		(global.set $name_length (call $take_length))
		(global.set $name (call $take (global.get $name_length)))
		(global.set $count (call $take_length))
		(global.set $arguments (global.get $at))
		(local.set $left (global.get $count))
		(block $all
			(loop $next
				(br_if $all (i32.eqz (local.get $left)))
				(local.set $left (i32.sub (local.get $left) (i32.const 1)))
				(drop (call $take (call $take_length)))
				(br $next)))

		(local.set $which
			(i32.or
				(i32.or
					(call $is (i32.const 0) (i32.const 6))
					(i32.shl (call $is (i32.const 8) (i32.const 3)) (i32.const 1)))
				(i32.shl (call $is (i32.const 12) (i32.const 3)) (i32.const 2))))
		(if (i32.eqz (local.get $which))
			(then (return (call $answer (i32.const 2) (i32.const 0)))))
		;; The value comes after three accounts. None of the functions takes any.
		(if (i64.ne
				(i64.or
					(i64.load offset=96 (global.get $at))
					(i64.load offset=104 (global.get $at)))
				(i64.const 0))
			(then (return (call $answer (i32.const 3) (i32.const 0)))))
		(if (i32.eq (local.get $which) (i32.const 1))
			(then (return (call $deploy))))
		(if (i32.eq (local.get $which) (i32.const 2))
			(then (return (call $add))))
		(call $get))
)
