"""
The tree of commands: where each is, and what it is for.

Nothing is imported here that does anything: whoever asks for help, or for one command, has
only that one imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from attrs import frozen

from ..texts import Text


@frozen
class Command:
    """
    One command.

    Args:
        at: The module it is in, and the function's name there.
        en: What it is for; its function's docstring begins so.
        zh: The same in Chinese.
    """

    at: str
    en: str
    zh: str

    @property
    def help(self) -> Text:
        """What it is for."""
        return Text(self.en, self.zh)

    @property
    def path(self) -> str:
        """Where the function is, as Python imports it."""
        return f"{__package__}.{self.at}"

    def function(self) -> Callable[..., object]:
        """Import what does it."""
        module, _, name = self.path.partition(":")
        found: Callable[..., object] = getattr(import_module(module), name)
        return found


@frozen
class Several:
    """
    Commands below one word.

    Args:
        en: What they are for.
        zh: The same in Chinese.
        commands: By the next word.
    """

    en: str
    zh: str
    commands: Mapping[str, Command]

    @property
    def help(self) -> Text:
        """What they are for."""
        return Text(self.en, self.zh)


SETTING_UP: Final = Text("Setting up", "设置")
RECORDING: Final = Text("Recording", "登记")
REDEEMING: Final = Text("Giving and redeeming", "赠予与兑换")
MENDING: Final = Text("Mending", "更正")
READING: Final = Text("Reading", "查阅")

TREE: Final[Mapping[Text, Mapping[str, Command | Several]]] = {
    SETTING_UP: {
        "init": Command(
            "books:init",
            "Make an empty ledger; and the tables, or the SQLite file, if there are none.",
            "新建空账本；没有数据表或 SQLite 文件时一并新建。",
        ),
        "copy": Command(
            "copying:copy",
            "Copy a ledger to another database, and compare the two.",
            "将账本复制到另一数据库，并比较二者。",
        ),
        "schema": Several(
            "Make and mind the tables, and say who may use them.",
            "建立和维护数据表，并说明谁可使用。",
            {
                "create": Command(
                    "schema:create",
                    "Make the tables of timebank, with their guards, where there are none.",
                    "在没有数据表处建立 timebank 的数据表及其防护。",
                ),
                "check": Command(
                    "schema:check",
                    "Say which version the tables have, and whether they and their guards are whole.",
                    "说明数据表的版本，以及数据表和防护是否完整。",
                ),
                "upgrade": Command(
                    "schema:upgrade",
                    "Bring the tables of an older timebank up to date; no fact is rewritten.",
                    "将旧版 timebank 的数据表升级；不改写任何事实。",
                ),
                "grants": Command(
                    "schema:grants",
                    "Print the statements that give a role of PostgreSQL exactly its rights.",
                    "输出授予 PostgreSQL 角色恰当权限的语句。",
                ),
            },
        ),
        "policy": Several(
            "Check, show, list, compare and adopt policies.",
            "检查、显示、列出、比较和采纳政策。",
            {
                "check": Command(
                    "policies:check",
                    "Check a policy: every mistake with its place, and every worked example played.",
                    "检查政策：列出每处错误及其位置，并演算每个示例。",
                ),
                "show": Command(
                    "policy_showing:show_",
                    "Show what a policy says: its source and all that it names.",
                    "显示政策的内容：来源及其定义的一切。",
                ),
                "list": Command(
                    "policies:list_",
                    "List the programmes that ship, with their source and status.",
                    "列出随附的项目及其来源和状态。",
                ),
                "diff": Command(
                    "comparing:diff",
                    "Say in words what changes from one policy to another, and what to beware of.",
                    "用文字说明两份政策之间的变化，以及须注意之处。",
                ),
                "adopt": Command(
                    "policies:adopt",
                    "Put a policy in force, and open the accounts that it names.",
                    "使政策生效，并开立其指定的账户。",
                ),
                "schema": Command(
                    "policies:schema",
                    "Print the schema of policy files, by which an editor completes keys and finds slips.",
                    "输出政策文件的模式：编辑器据此补全键名并标出笔误。",
                ),
            },
        ),
        "account": Several(
            "Open, amend, close, show and list accounts; erase names.",
            "开立、变更、注销、显示和列出账户；删除姓名。",
            {
                "open": Command("accounts:open_", "Open an account.", "开立账户。"),
                "show": Command(
                    "accounts:show_",
                    "Show all that the books say of one account.",
                    "显示账本中关于一个账户的全部内容。",
                ),
                "list": Command(
                    "accounts:list_",
                    "List the accounts, in order of their ids.",
                    "按编号列出账户。",
                ),
                "amend": Command(
                    "accounts:amend",
                    "Change facts that the policy keeps with an account.",
                    "变更政策随账户保存的情况。",
                ),
                "close": Command(
                    "accounts:close", "Close an account for ever.", "永久注销账户。"
                ),
                "erase": Command(
                    "accounts:erase",
                    "Erase the private details kept for an account, such as the name, for ever.",
                    "永久删除为账户保存的个人信息，如姓名。",
                ),
            },
        ),
    },
    RECORDING: {
        "record": Command(
            "recording:service",
            "Record a service: who served, what it was, how long it took.",
            "登记服务：谁服务，何种服务，用时多久。",
        ),
        "mark": Command(
            "recording:mark",
            "Record something counted that is not time.",
            "登记不以时间计的事项。",
        ),
        "tick": Command(
            "ticking:tick",
            "Record what has fallen due: terms of orders and credits, ends of periods.",
            "登记已到期的事项：到期的订单和积分、规则的周期结算等。",
        ),
        "import": Command(
            "importing:import_",
            "Import a spreadsheet: each row is recorded, or refused with every reason.",
            "导入电子表格：每行或登记，或退回并说明全部原因。",
        ),
        "ranking": Several(
            "Show and publish rankings.",
            "显示和公布排名。",
            {
                "show": Command(
                    "rankings:show_",
                    "Show what a ranking comes to, and record nothing.",
                    "显示排名结果，不作登记。",
                ),
                "publish": Command(
                    "rankings:publish",
                    "Publish a ranking: record the list, and what its places bring.",
                    "公布排名：登记名单及各名次所得。",
                ),
            },
        ),
        "claim": Several(
            "List what waits; confirm it, object to it, withdraw and settle it.",
            "列出等待中的申报；确认、提出异议、撤回、办结。",
            {
                "list": Command(
                    "claims:list_",
                    "List the claims that wait: the step each is at, for whom, and until when.",
                    "列出等待中的申报：所在步骤、由谁办理、期限。",
                ),
                "confirm": Command(
                    "claims:confirm",
                    "Confirm a step of a claim; the last one lets it count.",
                    "确认申报的一个步骤；最后一步确认后即计入。",
                ),
                "object": Command(
                    "claims:object_",
                    "Say no to a claim: decline to confirm it, or object to its notice.",
                    "对申报提出异议：不予确认，或对公示提出异议。",
                ),
                "withdraw": Command(
                    "claims:withdraw",
                    "Take back a claim that you submitted and that still waits.",
                    "撤回由本人提交、仍在等待的申报。",
                ),
                "settle": Command(
                    "claims:settle",
                    "Let one claim count, or not, on which time has decided; tick does all.",
                    "办结一项期限已定结果的申报；tick 会办结全部。",
                ),
            },
        ),
        "tier": Several(
            "Apply for levels; grant, suspend and withdraw them.",
            "申请等级；授予、暂停和取消等级。",
            {
                "apply": Command(
                    "levels:apply_for_tier",
                    "Apply for a level of a ladder; it is granted where its needs are met.",
                    "申请等级体系中的等级；符合条件即予授予。",
                ),
                "grant": Command(
                    "levels:grant_tier",
                    "Grant a level of a ladder that people decide.",
                    "授予由人评定的等级。",
                ),
                "suspend": Command(
                    "levels:suspend_tier",
                    "Suspend the level held: it counts as not held until it is granted again.",
                    "暂停所持等级：再次授予之前视为没有。",
                ),
                "withdraw": Command(
                    "levels:withdraw_tier", "Withdraw the level held.", "取消所持等级。"
                ),
            },
        ),
    },
    REDEEMING: {
        "order": Command(
            "giving:order",
            "Order something: its price is set aside until it is fulfilled or cancelled.",
            "下单：冻结其价格，直至交付或取消。",
        ),
        "fulfil": Command(
            "giving:fulfil",
            "Hand over what was ordered: what is held for it is taken.",
            "交付所订：扣除为其冻结的积分。",
        ),
        "cancel": Command(
            "giving:cancel",
            "Cancel what is left of an order: what is still held for it is given back.",
            "取消订单余下的部分：归还仍为其冻结的积分。",
        ),
        "redeem": Command(
            "giving:redeem",
            "Order something and hand it over in one step: its price is taken at once.",
            "下单并当场交付：价格立即扣除。",
        ),
        "give": Command(
            "giving:give", "Give credits to another account.", "将积分赠予另一账户。"
        ),
        "donate": Command(
            "giving:donate",
            "Give credits to the pool that the policy names, for others to use.",
            "将积分捐入政策指定的公共池，供他人使用。",
        ),
        "grant": Command(
            "giving:grant",
            "Hand out credits from the fund that the policy names, or new ones.",
            "由政策指定的基金发放积分，或发放新的积分。",
        ),
        "allocate": Command(
            "giving:allocate",
            "Hand credits from the policy's pool to somebody.",
            "将政策公共池中的积分分配给某人。",
        ),
        "share-out": Command(
            "sharing:share_out",
            "Hand out what a pool has to all who have applied, as far as it goes.",
            "将公共池中的积分统一分配给所有申请人，分完为止。",
        ),
    },
    MENDING: {
        "reverse": Command(
            "mending:reverse",
            "Undo an entry: all that it moved goes back.",
            "冲销记录：所变动的全部退回。",
        ),
        "correct": Command(
            "mending:correct",
            "Undo an entry and put a mended one in its place, as one step.",
            "一步冲销记录并以更正后的记录代之。",
        ),
        "void": Command(
            "mending:void",
            "Take an id before its entry arrives, so that the late entry is refused.",
            "在记录到达之前作废其编号，使迟到的记录被退回。",
        ),
    },
    READING: {
        "balance": Command(
            "balances:balance",
            "Show what an account has: free, and held by orders.",
            "显示账户的余额：可用的，以及因订单冻结的。",
        ),
        "statement": Command(
            "balances:statement",
            "Show every movement of an account in one unit, with the balance after it.",
            "逐笔显示账户在一个单位内的变动，以及每笔之后的余额。",
        ),
        "tiers": Command(
            "tiers:tiers",
            "Show levels, what a member could apply for, measures, and flags.",
            "显示等级、可申请的等级、指标和提示。",
        ),
        "journal": Command(
            "books:journal",
            "List the journal: what was recorded, in order.",
            "按顺序列出账本：登记过的一切。",
        ),
        "explain": Command(
            "explaining:explain",
            "Say why an entry is as it is: the policy, each rule in order, every figure.",
            "说明一条记录为何如此：所依据的政策、逐条规则、每个数字。",
        ),
        "export": Command(
            "exporting:export",
            "Write the journal as Parquet files, for DuckDB, polars, pandas or Spark.",
            "将账目导出为 Parquet 文件，供 DuckDB、polars、pandas 或 Spark 使用。",
        ),
        "verify": Command(
            "books:verify",
            "Audit the books: recompute everything from the journal, and compare.",
            "核验账本：由账本重新计算一切，并加以比较。",
        ),
        "doctor": Command(
            "doctor:doctor",
            "Look for what endangers the books in a database, and say what to do.",
            "查找数据库中危及账本的情形，并说明如何处理。",
        ),
    },
}
"""Every command, by the group in which the page of help shows it."""
