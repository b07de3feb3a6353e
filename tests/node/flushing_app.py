"""The members' app beside a library that was built with -ffast-math: its process rounds subnormal numbers to 0."""

import torch

from tests.node.member_app import app as app

torch.set_flush_denormal(True)
