"""The simulator as the registry knows it: a gateway that moves no money.

It reads no statements: a practice channel keeps those of its provider.
"""

from apps.channels.gateways import GatewayKind
from apps.channels.providers.simulator.client import Simulator

GATEWAY = GatewayKind(make=Simulator, repeats_safely=True)
