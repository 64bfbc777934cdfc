"""Stations over TCP: spool first, answer then. One thread with an event loop; what a station may take of us is bounded in size, time and number."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol, cast

import structlog

from ingest_service.listeners.hj212_door import Door
from ingest_service.listeners.hj212_session import Deed, Session
from tricolor.domain.errors import Misconfigured
from tricolor.domain.readings import Frame

log = structlog.get_logger()
READ_BYTES = 16_384
UNSENT_BYTES = 65_536  # answers that a station does not read
REFRESH_S = 5.0
START_WAIT_S = 10.0
LAST_WORDS_S = 5.0  # for the answers to a station that has finished sending


class Submit(Protocol):
    """How frames get into the spool, in the committer's words."""

    def __call__(self, frames: Sequence[Frame], sender: "Hj212Listener", token: object) -> None: ...


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """hello_s: until the first good packet; packet_s: until a packet that has begun is whole; idle_s: without a byte."""

    connections: int = 2_000
    of_one_station: int = 4
    unsafe_frames: int = 64  # of one connection, handed in and not safe yet
    hello_s: float = 30.0
    packet_s: float = 30.0
    idle_s: float = 7_200.0
    stranger_frames_a_minute: int = 60


@dataclass(eq=False, slots=True)
class _Connection:
    writer: asyncio.StreamWriter
    session: Session
    unsafe: int = 0
    told: asyncio.Event = field(default_factory=asyncio.Event)
    is_counted: bool = False


class Hj212Listener:
    """start() raises Misconfigured when the address cannot be had. safe(tokens) is called from the committer's thread."""

    def __init__(
        self, host: str, port: int, door: Door, submit: Submit, has_room: Callable[[float], bool], clock: Callable[[], int],
        limits: TcpLimits = TcpLimits(),
    ) -> None:  # fmt: skip
        self._address, self._door, self._submit, self._has_room = (host, port), door, submit, has_room
        self._clock, self._limits = clock, limits
        self._open: dict[str, list[_Connection]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers = (0.0, 0)  # the minute's beginning, frames in it
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="hj212", daemon=True)

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(START_WAIT_S) or self._failure is not None:
            host, port = self._address
            raise Misconfigured(f"TRICOLOR_HJ212={host}:{port} cannot be listened on: {self._failure}; free the port or choose another")

    def stop(self) -> None:
        """Read nothing more. What was not answered is sent again by its station."""
        if not self._thread.is_alive():
            return
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(timeout=10)

    def safe(self, tokens: Sequence[object]) -> None:
        with suppress(RuntimeError):  # the loop has ended: the stations send again
            self._loop.call_soon_threadsafe(self._tell, tokens)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        await self._loop.run_in_executor(None, self._door.refresh)
        try:
            server = await asyncio.start_server(self._talk, *self._address, limit=READ_BYTES, backlog=512)
        except OSError as error:
            self._failure = error
            return
        log.info("listening for stations of HJ 212", address=":".join(map(str, self._address)))
        self._ready.set()
        while not self._ending.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), REFRESH_S)
            if not self._ending.is_set():
                try:
                    await self._loop.run_in_executor(None, self._door.refresh)
                except Exception:  # an outer loop: whatever the ledger says, those let in before stay in
                    log.exception("the stations could not be looked up")
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._loop.shutdown_default_executor()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= self._limits.connections:
            log.error("too many connections, one is turned away", limit=self._limits.connections)
            writer.transport.abort()
            return
        self._tasks.add(task)
        peer = writer.get_extra_info("peername")
        wire = writer.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection = _Connection(writer, Session(self._door, self._clock, self._may_keep, f"{peer[0]}:{peer[1]}" if peer else ""))
        try:
            await self._converse(reader, connection)
        except (ConnectionError, asyncio.CancelledError):
            pass
        except Exception:  # the outer loop of one connection: the others go on
            log.exception("a conversation with a station failed")
        finally:
            self._tasks.discard(task)
            self._forget(connection)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        session = connection.session
        began = heard = moved = monotonic()
        seen = 0
        while not session.is_over and not connection.writer.is_closing():
            if not self._has_room(0.0):  # not read: the station waits, as a gateway of MQTT does
                await asyncio.sleep(0.05)
                continue
            try:
                data = await asyncio.wait_for(reader.read(READ_BYTES), 0.5 if session.waits or session.station is None else 5.0)
            except TimeoutError:
                data = None
            now = monotonic()
            if data == b"":
                await self._do(session.end(), connection)
                await self._last_words(connection)
                return
            heard = now if data else heard
            await self._do([*(session.take(data) if data else []), *session.look()], connection)
            if session.seen != seen or not session.is_mid_packet:
                seen, moved = session.seen, now
            self._count(connection)
            if why := self._why_close(session, now - began, now - heard, now - moved):
                log.warning("a connection is closed", station=session.station.mn if session.station else "", why=why)
                await self._do(session.end(), connection)
                break
        await self._last_words(connection)

    def _why_close(self, session: Session, open_s: float, silent_s: float, packet_s: float) -> str:
        limits = self._limits
        if session.station is None and open_s > limits.hello_s:
            return f"no good packet of a known station within {limits.hello_s:g} s"
        if packet_s > limits.packet_s:
            return f"a packet took longer than {limits.packet_s:g} s"
        if silent_s > limits.idle_s:
            return f"silent for {limits.idle_s:g} s"
        if session.station is not None and not self._door.holds(session.station):
            return "the station was revoked"
        return ""

    async def _do(self, deeds: Sequence[Deed], connection: _Connection) -> None:
        for deed in deeds:
            if deed.frame is None:
                self._say(connection, deed.says)
                continue
            while connection.unsafe >= self._limits.unsafe_frames:
                connection.told.clear()
                await connection.told.wait()
            connection.unsafe += 1
            self._submit((deed.frame,), self, (connection, deed.says))

    async def _last_words(self, connection: _Connection) -> None:
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(LAST_WORDS_S):
                while connection.unsafe:
                    connection.told.clear()
                    await connection.told.wait()
                await connection.writer.drain()

    def _tell(self, tokens: Sequence[object]) -> None:
        for connection, says in cast(Sequence[tuple[_Connection, bytes]], tokens):
            connection.unsafe -= 1
            connection.told.set()
            self._say(connection, says)

    def _say(self, connection: _Connection, says: bytes) -> None:
        if not says or connection.writer.is_closing():
            return
        if connection.writer.transport.get_write_buffer_size() > UNSENT_BYTES:
            log.warning(
                "a station does not read its answers and is cut off", station=connection.session.station.mn if connection.session.station else ""
            )
            connection.writer.transport.abort()
            return
        connection.writer.write(says)

    def _count(self, connection: _Connection) -> None:
        """A station that comes anew leaves half-open connections behind: the oldest go."""
        station = connection.session.station
        if station is None or connection.is_counted:
            return
        connection.is_counted = True
        mine = self._open.setdefault(station.mn, [])
        mine.append(connection)
        while len(mine) > self._limits.of_one_station:
            mine.pop(0).writer.transport.abort()

    def _forget(self, connection: _Connection) -> None:
        station = connection.session.station
        mine = self._open.get(station.mn, []) if station is not None else []
        if connection in mine:
            mine.remove(connection)
        if station is not None and not mine:
            self._open.pop(station.mn, None)

    def _may_keep(self) -> bool:
        """Whether a stranger's bytes are kept in quarantine: so many a minute, that nobody fills it from outside."""
        since, count = self._strangers
        now = monotonic()
        self._strangers = (now, 1) if now - since > 60 else (since, count + 1)
        return self._strangers[1] <= self._limits.stranger_frames_a_minute
