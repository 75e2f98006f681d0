"""The node as py-substrate-interface sees it, through metadata 14."""

import os
import unittest

from substrateinterface import Keypair, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

MBO = 10**18


class TestSubstrateInterface(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain = SubstrateInterface(url=os.environ["WS"])
        cls.alice = Keypair.create_from_uri("//Alice")
        cls.bob = Keypair.create_from_uri("//Bob")

    @classmethod
    def tearDownClass(cls):
        cls.chain.close()

    def free(self, who):
        account = self.chain.query("System", "Account", [who.ss58_address])
        return account.value["data"]["free"]

    def transfer(self, amount, **options):
        call = self.chain.compose_call(
            "Balances",
            "transfer_keep_alive",
            {"dest": self.bob.ss58_address, "value": amount},
        )
        return self.chain.create_signed_extrinsic(call, self.alice, **options)

    def test_transfer(self):
        before = self.free(self.bob)
        receipt = self.chain.submit_extrinsic(self.transfer(MBO), wait_for_inclusion=True)
        self.assertTrue(receipt.is_success)
        self.assertEqual(self.free(self.bob) - before, MBO)

    def test_used_nonce(self):
        self.chain.submit_extrinsic(self.transfer(MBO), wait_for_inclusion=True)
        with self.assertRaises(SubstrateRequestException) as refused:
            self.chain.submit_extrinsic(self.transfer(MBO, nonce=0))
        self.assertEqual(refused.exception.args[0]["code"], 1010)

    def test_constants(self):
        deposit = self.chain.get_constant("Balances", "ExistentialDeposit")
        self.assertEqual(deposit.value, MBO // 1000)


if __name__ == "__main__":
    unittest.main()
