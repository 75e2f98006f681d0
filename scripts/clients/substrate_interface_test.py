"""The node as py-substrate-interface sees it, through metadata 14."""

import os
import time
import unittest

from substrateinterface import Keypair, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

MBO = 10**18


class TestSubstrateInterface(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain = SubstrateInterface(url=os.environ["WS"])
        # Alice is the author, to whom what a transaction pays might come back.
        cls.bob = Keypair.create_from_uri("//Bob")
        cls.dave = Keypair.create_from_uri("//Dave")

    @classmethod
    def tearDownClass(cls):
        cls.chain.close()

    def free(self, who):
        account = self.chain.query("System", "Account", [who.ss58_address])
        return account.value["data"]["free"]

    def call(self):
        return self.chain.compose_call(
            "Balances",
            "transfer_keep_alive",
            {"dest": self.dave.ss58_address, "value": MBO},
        )

    def transfer(self, **options):
        return self.chain.create_signed_extrinsic(self.call(), self.bob, **options)

    def refuses(self, extrinsic, rule):
        with self.assertRaises(SubstrateRequestException) as refused:
            self.chain.submit_extrinsic(extrinsic)
        error = refused.exception.args[0]
        self.assertEqual((error["code"], error["data"]["rule"]), (1010, rule))
        return error["data"]["figures"]

    def test_transfer(self):
        before = self.free(self.bob), self.free(self.dave)
        fee = self.chain.get_payment_info(self.call(), self.bob)["partialFee"]
        receipt = self.chain.submit_extrinsic(self.transfer(), wait_for_inclusion=True)
        self.assertTrue(receipt.is_success)
        self.assertEqual(receipt.total_fee_amount, fee)
        self.assertEqual(self.free(self.bob), before[0] - MBO - fee)
        self.assertEqual(self.free(self.dave), before[1] + MBO)

        events = {
            "{module_id}.{event_id}".format(**event.value): event.value["attributes"]
            for event in receipt.triggered_events
        }
        self.assertEqual(
            events["Balances.Transfer"],
            {"from": self.bob.ss58_address, "to": self.dave.ss58_address, "amount": MBO},
        )
        self.assertEqual(
            events["TransactionPayment.TransactionFeePaid"],
            {"who": self.bob.ss58_address, "actual_fee": fee, "tip": 0},
        )
        self.assertIn("System.ExtrinsicSuccess", events)

    def test_used_nonce(self):
        self.chain.submit_extrinsic(self.transfer(), wait_for_inclusion=True)
        figures = self.refuses(self.transfer(nonce=0), "InvalidNonce")
        self.assertEqual(figures["got"], 0)
        self.assertGreater(figures["expected"], 0)

    def test_era_that_is_over(self):
        for _ in range(120):
            head = self.chain.get_block_number(self.chain.get_chain_head())
            if head >= 10:
                break
            time.sleep(1)
        over = self.transfer(era={"period": 8, "current": head - 9})
        figures = self.refuses(over, "Expired")
        self.assertLessEqual(figures["until"], figures["now"])
        # Long enough for a machine on which signing takes many blocks.
        receipt = self.chain.submit_extrinsic(
            self.transfer(era={"period": 64, "current": head}), wait_for_inclusion=True
        )
        self.assertTrue(receipt.is_success)

    def test_metadata_and_constants(self):
        self.chain.init_runtime()
        self.assertIn("V14", self.chain.metadata.value[1])
        version = self.chain.get_constant("System", "Version").value
        self.assertEqual(version["spec_name"], "mbongo")
        self.assertEqual(version["spec_version"], self.chain.runtime_version)
        deposit = self.chain.get_constant("Balances", "ExistentialDeposit")
        self.assertEqual(deposit.value, MBO // 1000)
        self.assertEqual((self.chain.token_symbol, self.chain.token_decimals), ("MBO", 18))


if __name__ == "__main__":
    unittest.main()
