"""HDFS: a NameNode and one DataNode or three, with our base folders."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from xml.sax.saxutils import escape

import httpx

from isotherm.errors import ServerStartError, SettingsError
from isotherm.files import write_whole
from isotherm.local.environment import base_environment
from isotherm.local.folders import make_runtime_dir
from isotherm.local.server import Server, nothing, numbered
from isotherm.local.servers.probes import answers, read_json, responds
from isotherm.local.servers.programs import java_command, run_once
from isotherm.local.tools import Tools
from isotherm.settings import LOOPBACK, PortOffset, Settings

HEAP_MB = 128
BASE_FOLDERS = ("/isotherm/raw", "/isotherm/observations", "/isotherm/hourly_summary", "/tmp")  # noqa: S108
NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
DATANODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
LOG4J = """log4j.rootLogger=WARN,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %m (%c{1})%n
log4j.logger.org.apache.hadoop.hdfs.server.namenode.NameNode=INFO
log4j.logger.org.apache.hadoop.hdfs.server.datanode.DataNode=INFO
log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR
"""


def hdfs_servers(settings: Settings) -> list[Server]:
    """The NameNode and the DataNodes."""
    tools = Tools.of(settings)
    folder = settings.state_dir / "hdfs"
    environment = base_environment(settings)
    root = f"{settings.hdfs_url}/webhdfs/v1/?op=GETFILESTATUS"
    class_path = [str(folder / "conf"), f"{tools.jars('hdfs')}/*"]
    one_at_a_time = Lock()

    def configure() -> None:
        with one_at_a_time:
            link_data_folder(settings)
            write_configuration(settings, folder / "conf")

    def format_once() -> None:
        configure()
        if (folder / "name" / "current" / "VERSION").exists():
            return
        run_once(
            "Formatting HDFS",
            [*java_command(tools, 128, class_path, NAMENODE), "-format", "-nonInteractive", "-force"],
            environment,
            settings.logs_dir / "hdfs-namenode.log",
        )

    namenode = Server(
        name="hdfs-namenode",
        command=lambda: java_command(tools, HEAP_MB, class_path, NAMENODE),
        environment=lambda: environment,
        needs=("jars-hdfs",),
        ports=(settings.port(PortOffset.NAMENODE_HTTP), settings.port(PortOffset.NAMENODE_RPC)),
        folder=settings.state_dir,
        prepare=format_once,
        is_ready=lambda _started_at: answers(root),
        answers=lambda: responds(root),
    )
    numbers = range(1, settings.datanode_count + 1)
    datanodes = [_datanode(settings, number, class_path, configure) for number in numbers]
    return [namenode, *datanodes]


def _datanode(
    settings: Settings, number: int, class_path: list[str], configure: Callable[[], None]
) -> Server:
    tools = Tools.of(settings)
    environment = base_environment(settings)
    offsets = (PortOffset.DATANODE, PortOffset.DATANODE_HTTP, PortOffset.DATANODE_IPC)
    ports = tuple(settings.port(offset, number) for offset in offsets)
    # The first is what the settings of both servers say; the others differ from it in these.
    own = {} if number == 1 else datanode_site(settings, number)
    arguments = [part for name, value in own.items() for part in ("-D", f"{name}={value}")]
    return Server(
        name=numbered("hdfs-datanode", number),
        command=lambda: [*java_command(tools, HEAP_MB, class_path, DATANODE), *arguments],
        environment=lambda: environment,
        # Not the NameNode: it asks for that until it is there, and both are slow to start.
        needs=("jars-hdfs",),
        stops_before=("hdfs-namenode",),
        ports=ports,
        folder=settings.state_dir,
        prepare=configure,
        is_ready=lambda _started_at: accepts_work(settings, number),
        answers=lambda: responds(f"http://{LOOPBACK}:{ports[1]}"),
        after_ready=(lambda: make_base_folders(settings)) if number == 1 else nothing,
    )


def data_folder(settings: Settings) -> Path:
    """HDFS' folder by a name that its DataNode bears: it takes "%20" of a URI for a number's format."""
    folder = settings.state_dir / "hdfs"
    return settings.runtime_dir / "hdfs" if "%" in folder.as_uri() else folder


def link_data_folder(settings: Settings) -> None:
    """Make HDFS' folder, and a link to it where its own name has letters HDFS cannot bear.

    Raises:
        SettingsError: no link can be made, or something else has its name.
    """
    folder, name = settings.state_dir / "hdfs", data_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    if name == folder:
        return
    if "%" in name.as_uri():
        raise SettingsError(
            f"HDFS cannot use {folder}, because of a blank or a letter beyond ASCII in it, nor a link "
            f"to it from {name.parent}. Set ISOTHERM_RUNTIME_DIR to a folder of plain letters."
        )
    make_runtime_dir(settings)
    if name.is_symlink():
        if name.readlink() == folder:
            return  # the other of the two servers may be about to use it
        name.unlink()
    elif name.exists():
        raise SettingsError(
            f"HDFS needs the name {name} for a link to its data, but there is something else. Move it "
            "away, or set ISOTHERM_RUNTIME_DIR to a folder that is new or private."
        )
    name.symlink_to(folder)


def accepts_work(settings: Settings, datanodes: int = 1) -> bool:
    """Whether the NameNode has so many DataNodes, one unless told, and takes files."""
    jmx = f"{settings.hdfs_url}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState"
    state = (read_json(jmx).get("beans") or [{}])[0]
    live = int(state.get("NumLiveDataNodes", 0))
    return live >= datanodes and state.get("FSState") == "Operational"


def make_base_folders(settings: Settings) -> None:
    """Create the folders everything else is written below."""
    for path in BASE_FOLDERS:
        response = httpx.put(
            f"{settings.hdfs_url}/webhdfs/v1{path}",
            params={"op": "MKDIRS", "user.name": settings.hdfs_user},
            timeout=30,
            trust_env=False,
        )
        if not response.is_success:
            raise ServerStartError(f"HDFS did not create {path}: {response.text[:300]}")


def write_configuration(settings: Settings, conf: Path) -> None:
    """Write core-site, hdfs-site and the log settings."""
    for empty in ("webapps/hdfs", "webapps/datanode"):  # looked for at start; the jars hold none
        (conf / empty).mkdir(parents=True, exist_ok=True)
    write_whole(conf / "log4j.properties", LOG4J)
    write_whole(conf / "core-site.xml", configuration_xml(core_site(settings)))
    write_whole(conf / "hdfs-site.xml", configuration_xml(hdfs_site(settings)))


def core_site(settings: Settings) -> dict[str, str]:
    """Settings of every Hadoop program."""
    return {
        "fs.defaultFS": settings.hdfs_uri,
        "hadoop.tmp.dir": str(settings.state_dir / "hdfs" / "tmp"),
        "hadoop.http.staticuser.user": settings.hdfs_user,
    }


def hdfs_site(settings: Settings) -> dict[str, str]:
    """Settings of all servers: ports on loopback; one copy of each block, of three DataNodes two."""
    name = (data_folder(settings) / "name").as_uri()
    several = {
        # Of one that was killed the NameNode has done with asking after a minute, not after ten.
        "dfs.namenode.heartbeat.recheck-interval": "15000",
        "dfs.namenode.avoid.read.stale.datanode": "true",
        "dfs.namenode.avoid.write.stale.datanode": "true",
    }
    return {
        "dfs.replication": str(min(2, settings.datanode_count)),
        "dfs.namenode.name.dir": name,
        "dfs.namenode.rpc-address": f"{LOOPBACK}:{settings.port(PortOffset.NAMENODE_RPC)}",
        "dfs.namenode.http-address": f"{LOOPBACK}:{settings.port(PortOffset.NAMENODE_HTTP)}",
        **datanode_site(settings),
        "dfs.datanode.hostname": LOOPBACK,
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        "dfs.permissions.enabled": "false",
        "dfs.namenode.safemode.extension": "0",
        "dfs.namenode.handler.count": "4",
        "dfs.datanode.handler.count": "4",
        # 400 ms by default, paid once per file: 7 to 9 times slower for files of half a megabyte.
        "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "5",
        # The delay doubles: five retries of 5 ms give up within 0.2 s on a machine that is busy.
        "dfs.client.block.write.locateFollowingBlock.retries": "12",
        **(several if settings.datanode_count > 1 else {}),
    }


def datanode_site(settings: Settings, number: int = 1) -> dict[str, str]:
    """What differs from one DataNode to the next: its ports and its folder."""

    def address(offset: PortOffset) -> str:
        return f"{LOOPBACK}:{settings.port(offset, number)}"

    return {
        "dfs.datanode.data.dir": (data_folder(settings) / numbered("data", number)).as_uri(),
        "dfs.datanode.address": address(PortOffset.DATANODE),
        "dfs.datanode.http.address": address(PortOffset.DATANODE_HTTP),
        "dfs.datanode.ipc.address": address(PortOffset.DATANODE_IPC),
    }


def configuration_xml(properties: dict[str, str]) -> str:
    """Properties in Hadoop's XML."""
    rows = "\n".join(
        f"  <property><name>{escape(name)}</name><value>{escape(value)}</value></property>"
        for name, value in properties.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>\n{rows}\n</configuration>\n'
