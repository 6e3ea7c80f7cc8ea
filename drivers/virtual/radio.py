"""A radio that Bumble's controllers share, with what its own local link leaves out.

Bumble 0.0.236 delivers every packet at once and for certain. Here packets wait for connection events, are
retried when they fail, pile up and overflow, and a link that hears nothing for the supervision timeout is
gone. `RadioController` also mends what the stock controller does not simulate: scan responses, cancelling
a connection that is being made, and longer link-layer packets.
"""

# Bumble is only partly typed: these reports would be about it, not about us.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportMissingTypeArgument=false, reportAttributeAccessIssue=false, reportUnknownVariableType=false

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import deque
from dataclasses import dataclass

from bumble import core, hci, ll
from bumble.controller import Connection, Controller, LegacyAdvertiser
from bumble.link import LocalLink

_ATT_CHANNEL = 4
_NOTIFICATION = 0x1B
_LONGEST_PDU = 251
_PDU_TIME_US = 2120

# Packets that come too late for a link are part of the game; Bumble would warn about each on stderr.
logging.getLogger("bumble").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class RadioConditions:
    """How good the air is.

    interval_s: connection interval. packet_errors: share of packets that fail and are sent again at the
    next event. supervision_s: silence after which both ends drop the link. packets_per_event: most packets
    one side sends in an event. queue_limit: packets a sender can hold; more notifications are thrown away.
    """

    interval_s: float = 0.015
    packet_errors: float = 0.0
    supervision_s: float = 2.0
    packets_per_event: int = 6
    queue_limit: int = 64
    rssi_dbm: int = -58
    seed: int = 0


@dataclass(slots=True, eq=False)
class _Flow:
    """What one side of a connection has to send, and when its packets last got through."""

    connection: Connection
    heard_s: float
    queue: deque[tuple[core.PhysicalTransport, bytes]]


class Radio(LocalLink):
    """The air between controllers. Use as an async context manager."""

    def __init__(self, conditions: RadioConditions | None = None) -> None:
        """Prepare the air; nothing moves before the context is entered."""
        super().__init__()
        self.conditions = conditions or RadioConditions()
        self.overflowed = 0
        self._random = random.Random(self.conditions.seed)
        self._flows: list[_Flow] = []
        self._down_until_s = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Radio:
        """Start the connection events."""
        self._task = asyncio.create_task(self._events(), name="virtual radio")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the connection events."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def outage(self, seconds: float) -> None:
        """Let nothing through for a while, as when a body stands in between."""
        self._down_until_s = _now_s() + seconds

    def drop_link(self) -> None:
        """End every connection on both sides at once, as after a supervision timeout."""
        for flow in self._live_flows():
            self._disconnect(flow)

    @property
    def is_down(self) -> bool:
        """Whether an outage is going on."""
        return _now_s() < self._down_until_s

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: core.PhysicalTransport,
        data: bytes,
    ) -> None:
        """Queue a packet for the next connection event of its sender."""
        connection = sender_controller.le_connections.get(destination_address)
        if connection is None:
            return
        queue = next(flow.queue for flow in self._live_flows() if flow.connection is connection)
        if len(queue) >= self.conditions.queue_limit and _is_notification(data):
            self.overflowed += 1
            return
        queue.append((transport, data))

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        """Deliver advertisements, and requests to connect, unless the air is down."""
        if not self.is_down:
            super().send_advertising_pdu(sender_controller, packet)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        """Deliver a control packet; it is lost if the air is down or the other side is gone."""
        if not self.is_down and self.find_le_controller(receiver_address):
            super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def scan_response(self, advertiser: hci.Address) -> bytes:
        """Return what an advertiser answers to an active scan."""
        for controller in self.controllers:
            legacy: LegacyAdvertiser = controller.le_legacy_advertiser
            if legacy.enabled and legacy.address == advertiser:
                return legacy.scan_response_data
        return b""

    async def _events(self) -> None:
        interval_s = self.conditions.interval_s
        next_s = _now_s()
        while True:
            # Events that a busy loop missed are not made up for, as on the air.
            next_s = max(next_s + interval_s, _now_s())
            await asyncio.sleep(next_s - _now_s())
            for flow in self._live_flows():
                self._event(flow, next_s)

    def _event(self, flow: _Flow, now_s: float) -> None:
        conditions = self.conditions
        connection = flow.connection
        if self.is_down or self._random.random() < conditions.packet_errors:
            if now_s - flow.heard_s > conditions.supervision_s:
                self._disconnect(flow)
            return
        flow.heard_s = now_s
        for _ in range(conditions.packets_per_event):
            if not flow.queue:
                return
            transport, data = flow.queue.popleft()
            receiver = self.find_le_controller(connection.peer_address)
            if receiver is not None:
                receiver.on_link_acl_data(connection.self_address, transport, data)
            if self._random.random() < conditions.packet_errors:
                return

    def _live_flows(self) -> list[_Flow]:
        """Return one flow for each end of each connection; ends that are gone are forgotten."""
        known = {id(flow.connection): flow for flow in self._flows}
        self._flows = [
            known.get(id(connection)) or _Flow(connection, _now_s(), deque())
            for controller in self.controllers
            for connection in controller.le_connections.values()
        ]
        return self._flows

    def _disconnect(self, flow: _Flow) -> None:
        connection = flow.connection
        if connection.controller.le_connections.get(connection.peer_address) is connection:
            connection.controller.on_le_disconnected(connection, hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)


class RadioController(Controller):
    """Bumble's controller on a `Radio`, with its gaps filled."""

    # The stock controller neither tells extended advertising nor private addresses apart as hosts expect.
    le_features = Controller.le_features & ~(
        hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
        | hci.LeFeatureMask.LL_PRIVACY
    )

    def __init__(self, name: str, radio: Radio, public_address: str) -> None:
        """Join the radio."""
        super().__init__(name, link=radio, public_address=public_address)
        self._radio = radio

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Report an advertisement and the scan response that belongs to it; connect if that is wanted."""
        report = hci.HCI_LE_Advertising_Report_Event
        if self.le_scan_enable:
            for kind, data in (
                (report.EventType.ADV_IND, pdu.data),
                (report.EventType.SCAN_RSP, self._radio.scan_response(pdu.advertiser_address)),
            ):
                self.send_hci_packet(
                    report(
                        [
                            report.Report(
                                event_type=kind,
                                address_type=pdu.advertiser_address.address_type,
                                address=pdu.advertiser_address,
                                data=data,
                                rssi=self._radio.conditions.rssi_dbm,
                            )
                        ]
                    )
                )
        pending = self.pending_le_connection
        if pending is not None and pending.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Give the pending connection up and say so, instead of leaving it pending for ever."""
        pending = self.pending_le_connection
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.pending_le_connection = None
        self.send_hci_packet(
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address.address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_hci_le_set_data_length_command(
        self, command: hci.HCI_LE_Set_Data_Length_Command
    ) -> hci.HCI_StatusAndConnectionHandleReturnParameters:
        """Accept longer packets and report them."""
        octets = min(command.tx_octets, _LONGEST_PDU)
        self.send_hci_packet(
            hci.HCI_LE_Data_Length_Change_Event(
                connection_handle=command.connection_handle,
                max_tx_octets=octets,
                max_tx_time=_PDU_TIME_US,
                max_rx_octets=octets,
                max_rx_time=_PDU_TIME_US,
            )
        )
        return hci.HCI_StatusAndConnectionHandleReturnParameters(
            hci.HCI_ErrorCode.SUCCESS, command.connection_handle
        )


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _is_notification(data: bytes) -> bool:
    return len(data) > 4 and data[2] == _ATT_CHANNEL and data[4] == _NOTIFICATION
