"""
What can be wrong with a database, and what to do about it, in English and Chinese.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from ...texts import Text


class Sign(StrEnum):
    """What can be wrong."""

    SCHEMA_NONE = "schema.none"
    SCHEMA_HIDDEN = "schema.hidden"
    SCHEMA_OLD = "schema.old"
    SCHEMA_NEW = "schema.new"
    SCHEMA_TORN = "schema.torn"
    SCHEMA_OPEN = "schema.open"
    GUARDS_MISSING = "guards.missing"
    GUARDS_NONE = "guards.none"
    GUARDS_FOREIGN = "guards.foreign"
    TABLE_UNLOGGED = "table.unlogged"
    TABLE_FILTERED = "table.filtered"
    ROLE_SUPERUSER = "role.superuser"
    ROLE_OWNS = "role.owns"
    ROLE_REACHES = "role.reaches"
    ROLE_MAY = "role.may"
    ROLE_MAY_NOT = "role.may-not"
    SERVER_OLD = "server.old"
    SERVER_FAULTY = "server.faulty"
    SERVER_STANDBY = "server.standby"
    SERVER_READ_ONLY = "server.read-only"
    FSYNC_OFF = "fsync.off"
    PAGES_TORN = "full-page-writes.off"
    COMMIT_EARLY = "synchronous-commit"
    ENCODING = "encoding"
    CHECKSUMS = "checksums"
    LIBRARY_FAULTY = "library.faulty"
    JOURNAL_MODE = "journal-mode"
    SYNCHRONOUS = "synchronous"
    FILE_DAMAGED = "file.damaged"
    FILE_LOCKED_AWAY = "file.locked-away"
    FILE_OPEN_TO_ALL = "file.open-to-all"
    FILE_SHARED = "file.shared"
    FILE_LINKED = "file.linked"


@frozen(kw_only=True)
class Symptom:
    """
    One thing that is wrong.

    Args:
        sign: What.
        grave: Whether entries could be lost or changed, or none can be recorded.
        fields: What fills in its text.
    """

    sign: Sign
    grave: bool
    fields: Mapping[str, str] = field(factory=dict)

    def text(self, language: str = "en") -> str:
        """Return what was found, what was wanted, and what to do."""
        return TEXTS[self.sign].in_(language).format(**self.fields)


def _gravest_first(symptoms: Iterable[Symptom]) -> tuple[Symptom, ...]:
    return tuple(sorted(symptoms, key=lambda symptom: not symptom.grave))


@frozen(kw_only=True)
class Report:
    """
    What an examination found.

    Args:
        engine: The kind of database and its version.
        schema: The version of our tables, and their profile; *None* without tables.
        profile: Whether they are guarded or plain; unknown of other versions than ours.
        role: Who asks, where the database knows.
        symptoms: What is wrong, gravest first.
    """

    engine: str
    schema: int | None
    profile: str | None
    role: str | None
    symptoms: tuple[Symptom, ...] = field(converter=_gravest_first)

    @property
    def healthy(self) -> bool:
        """Whether nothing is gravely wrong."""
        return not any(symptom.grave for symptom in self.symptoms)


def grave(sign: Sign, **fields: object) -> Symptom:
    """Return a symptom of what can lose or change entries, or keeps them from being made."""
    return Symptom(sign=sign, grave=True, fields=_texts(fields))


def note(sign: Sign, **fields: object) -> Symptom:
    """Return a symptom of what is better known."""
    return Symptom(sign=sign, grave=False, fields=_texts(fields))


def _texts(fields: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items()}


TEXTS: Final[Mapping[Sign, Text]] = {
    Sign.SCHEMA_NONE: Text(
        "there are no tables of timebank here; make them: timebank schema create URL",
        "此处没有 timebank 的数据表；请建立：timebank schema create URL",
    ),
    Sign.SCHEMA_HIDDEN: Text(
        "the tables are in the schema {home}, which role {role} may not use or does not "
        "have in its search_path: timebank schema grants URL {role}, or "
        "ALTER ROLE {role} SET search_path = {home}",
        "数据表在模式 {home} 中，角色 {role} 无权使用，或未列入其 search_path："
        "timebank schema grants URL {role}，或 ALTER ROLE {role} SET search_path = {home}",
    ),
    Sign.SCHEMA_OLD: Text(
        "the tables have version {found}, this timebank knows {wanted}; bring them up to "
        "date: timebank schema upgrade URL",
        "数据表为第 {found} 版，本程序使用第 {wanted} 版；请升级：timebank schema upgrade URL",
    ),
    Sign.SCHEMA_NEW: Text(
        "the tables have version {found}, this timebank knows {wanted}: install a newer "
        "timebank",
        "数据表为第 {found} 版，本程序只认识第 {wanted} 版：请安装较新的 timebank",
    ),
    Sign.SCHEMA_TORN: Text(
        "tables, columns, constraints or indexes are gone, or the database does not "
        "trust them: {names}; find out who did this, run timebank verify, and restore "
        "them from timebank schema create --sql, or REINDEX",
        "数据表、列、约束或索引缺失，或数据库不再信任它们：{names}；请查明是谁所为，"
        "运行 timebank verify，并按 timebank schema create --sql 的输出恢复，或执行 REINDEX",
    ),
    Sign.SCHEMA_OPEN: Text(
        "everybody may make tables and functions in the schema {home}, which others may "
        "take for ours: REVOKE CREATE ON SCHEMA {home} FROM PUBLIC, as its owner",
        "任何人都可以在模式 {home} 中建立表和函数，可能被误当作本系统的："
        "请由所有者执行 REVOKE CREATE ON SCHEMA {home} FROM PUBLIC",
    ),
    Sign.GUARDS_MISSING: Text(
        "guards against changing facts are gone or altered: {names}; find out who did "
        "this, run timebank verify, and restore them from timebank schema create --sql",
        "防止篡改的触发器缺失或被改动：{names}；请查明是谁所为，运行 timebank verify，"
        "并按 timebank schema create --sql 的输出恢复",
    ),
    Sign.GUARDS_NONE: Text(
        "the profile is plain: no trigger guards the facts, only the code and the rights "
        "of roles do; let nobody but the application's role in",
        "采用 plain 配置：没有触发器保护，仅靠程序与角色权限；请只让应用角色访问",
    ),
    Sign.GUARDS_FOREIGN: Text(
        "triggers or rules that are not ours stand on {table}: {names}; make sure that "
        "they change nothing",
        "{table} 上有外来的触发器或规则：{names}；请确认它们不会改动数据",
    ),
    Sign.TABLE_UNLOGGED: Text(
        "{table} is unlogged, and empty after a crash: ALTER TABLE {table} SET LOGGED",
        "{table} 为 UNLOGGED 表，崩溃后会被清空：ALTER TABLE {table} SET LOGGED",
    ),
    Sign.TABLE_FILTERED: Text(
        "row security is on for {table}, and may hide entries from the application: "
        "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        "{table} 启用了行级安全，可能使应用看不到部分记录："
        "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ),
    Sign.ROLE_SUPERUSER: Text(
        "role {role} is a superuser, whom no guard holds back: let the application log "
        "in as a role of its own: CREATE ROLE app LOGIN, then "
        "timebank schema grants URL app | psql URL",
        "角色 {role} 是超级用户，任何保护都拦不住它：请为应用另建角色："
        "CREATE ROLE app LOGIN，再执行 timebank schema grants URL app | psql URL",
    ),
    Sign.ROLE_OWNS: Text(
        "role {role} is or may become the owner of {what}, and could drop the guards: "
        "let the application log in as a role of its own: CREATE ROLE app LOGIN, then "
        "timebank schema grants URL app | psql URL",
        "角色 {role} 是 {what} 的所有者或可成为其所有者，能够删除保护：请为应用另建角色："
        "CREATE ROLE app LOGIN，再执行 timebank schema grants URL app | psql URL",
    ),
    Sign.ROLE_REACHES: Text(
        "role {role} belongs to {what}, and could reach past the database's rules: "
        "REVOKE {what} FROM {role}",
        "角色 {role} 属于 {what}，能够绕过数据库的规则：REVOKE {what} FROM {role}",
    ),
    Sign.ROLE_MAY: Text(
        "role {role} could change facts: it may {what}; take that back, as the owner: "
        "timebank schema grants URL {role} | psql URL",
        "角色 {role} 能够改动记录，拥有权限：{what}；请由所有者收回："
        "timebank schema grants URL {role} | psql URL",
    ),
    Sign.ROLE_MAY_NOT: Text(
        "role {role} cannot record: it may not {what}; if it is meant to, as the owner: "
        "timebank schema grants URL {role} | psql URL",
        "角色 {role} 无法登记，缺少权限：{what}；如需登记，请由所有者执行："
        "timebank schema grants URL {role} | psql URL",
    ),
    Sign.SERVER_OLD: Text(
        "{found} is older than {wanted}, which the guards are made for: upgrade it",
        "{found} 低于所需的 {wanted}：请升级",
    ),
    Sign.SERVER_FAULTY: Text(
        "{found} can lose rows from an index made with CREATE INDEX or REINDEX "
        "CONCURRENTLY (https://www.postgresql.org/docs/release/14.4/): upgrade it to "
        "{wanted} or newer, and REINDEX",
        "{found} 以 CONCURRENTLY 方式建立或重建的索引可能丢失行"
        "（https://www.postgresql.org/docs/release/14.4/）：请升级到 {wanted} 或更新版本，"
        "并执行 REINDEX",
    ),
    Sign.SERVER_STANDBY: Text(
        "the server is a standby: it can be read and not written, and may be behind; to "
        "record, connect to the primary",
        "该服务器是备机：只能读取，且可能滞后；登记请连接主机",
    ),
    Sign.SERVER_READ_ONLY: Text(
        "transactions are read-only here (default_transaction_read_only): nothing can be "
        "recorded",
        "此处的事务为只读（default_transaction_read_only），无法登记",
    ),
    Sign.FSYNC_OFF: Text(
        "fsync is off: a crash of the machine can destroy the whole database; as a "
        "superuser: ALTER SYSTEM SET fsync = on, then SELECT pg_reload_conf()",
        "fsync 已关闭：机器崩溃可能毁掉整个数据库；请以超级用户执行 "
        "ALTER SYSTEM SET fsync = on，再 SELECT pg_reload_conf()",
    ),
    Sign.PAGES_TORN: Text(
        "full_page_writes is off: a crash of the machine can tear pages apart; as a "
        "superuser: ALTER SYSTEM SET full_page_writes = on, then SELECT pg_reload_conf()",
        "full_page_writes 已关闭：机器崩溃可能撕裂数据页；请以超级用户执行 "
        "ALTER SYSTEM SET full_page_writes = on，再 SELECT pg_reload_conf()",
    ),
    Sign.COMMIT_EARLY: Text(
        "synchronous_commit is {found}: what was acknowledged can be gone after a crash "
        "or a failover; set it to on where it was changed: ALTER SYSTEM, "
        "ALTER DATABASE or ALTER ROLE … SET synchronous_commit = on",
        "synchronous_commit 为 {found}：已确认的登记在崩溃或切换后可能丢失；"
        "请在改动之处（ALTER SYSTEM、ALTER DATABASE 或 ALTER ROLE）设为 on",
    ),
    Sign.ENCODING: Text(
        "the database is encoded in {found}, which cannot hold every name: make one with "
        "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and copy the ledgers there",
        "数据库编码为 {found}，无法存储所有姓名：请用 CREATE DATABASE … ENCODING 'UTF8' "
        "TEMPLATE template0 新建，再把账本复制过去",
    ),
    Sign.CHECKSUMS: Text(
        "data checksums are off: what a disk forgets goes unnoticed until it is read; "
        "stop the server and run pg_checksums --enable",
        "数据校验和未启用：磁盘损坏在读到之前无法发现；请停机后运行 pg_checksums --enable",
    ),
    Sign.LIBRARY_FAULTY: Text(
        "SQLite {found} can lose what was committed when two connections write and "
        "checkpoint at the same moment (https://sqlite.org/wal.html#walresetbug): use a "
        "Python with a newer SQLite; mended in {wanted}",
        "SQLite {found} 在两个连接同时写入和做检查点时可能丢失已提交的数据"
        "（https://sqlite.org/wal.html#walresetbug）：请换用带较新 SQLite 的 Python，已在 {wanted} 修复",
    ),
    Sign.JOURNAL_MODE: Text(
        "the journal mode is {found}: readers and writers wait for each other; any "
        "command that opens the books sets it to wal",
        "日志模式为 {found}：读写会互相等待；任何打开账本的命令都会将其设为 wal",
    ),
    Sign.SYNCHRONOUS: Text(
        "synchronous is {found} on this connection: a power cut can take back what was "
        "acknowledged; PRAGMA synchronous = FULL",
        "此连接的 synchronous 为 {found}：断电可能撤回已确认的登记；"
        "请执行 PRAGMA synchronous = FULL",
    ),
    Sign.FILE_DAMAGED: Text(
        "the file is damaged: {detail}; copy it away as it is, and restore a backup",
        "文件已损坏：{detail}；请先原样备份，再恢复备份",
    ),
    Sign.FILE_LOCKED_AWAY: Text(
        "{path} cannot be written by {who}: give it to whoever runs timebank, with chown",
        "{who} 无法写入 {path}：请用 chown 交给运行 timebank 的用户",
    ),
    Sign.FILE_OPEN_TO_ALL: Text(
        "{path} can be written by everybody on this machine: chmod o-w {path}",
        "本机任何人都能写入 {path}：chmod o-w {path}",
    ),
    Sign.FILE_SHARED: Text(
        "{path} is on {kind}, a file system of another machine, where SQLite's locks "
        "cannot be relied on (https://sqlite.org/wal.html): keep it on a disk of this "
        "machine, or take PostgreSQL",
        "{path} 位于网络文件系统 {kind}，SQLite 的锁在其上不可靠"
        "（https://sqlite.org/wal.html）：请放在本机磁盘，或改用 PostgreSQL",
    ),
    Sign.FILE_LINKED: Text(
        "{path} has {count} names (hard links), and each would have a journal of its own "
        "(https://sqlite.org/howtocorrupt.html): leave it one",
        "{path} 有 {count} 个名称（硬链接），每个名称会有各自的日志"
        "（https://sqlite.org/howtocorrupt.html）：请只保留一个",
    ),
}
