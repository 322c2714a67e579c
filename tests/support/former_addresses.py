"""Stacks with the addresses that cdktf gives, as the library had them before its readable ones."""

from cdktf import TerraformElement, TerraformStack
from constructs import Node


class StackWithFormerAddresses(TerraformStack):
    """A stack that decides about its addresses itself, as cdktf does by default."""

    def _allocate_logical_id(self, tf_element: Node | TerraformElement) -> str:
        return super()._allocate_logical_id(tf_element)
