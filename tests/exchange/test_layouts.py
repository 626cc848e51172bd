"""Sheets as clerks keep them, and the requests they become."""

from datetime import date, timedelta
from hashlib import sha256

import pytest
import xlsxwriter

from timebank.errors import SheetUnreadable
from timebank.exchange import (
    MARKS,
    MEMBERS,
    REDEMPTIONS,
    SERVICES,
    TIERS,
    Names,
    Skip,
    problem_text,
)
from timebank.exchange.problems import RowReason
from timebank.exchange.texts import TEXTS
from timebank.model import AccountKind
from timebank.operations import (
    OpenAccount,
    Part,
    PlaceOrder,
    RecordMark,
    RecordService,
    SetTier,
    TierAction,
)

from .books import HEADINGS, csv_file, read, said, workbook

MARCH = date(2026, 3, 5)
ROW = [MARCH, "v-001", "王芳", "关爱服务", "9:00", "11:30", None]


def services(tmp_path, *rows, headings=HEADINGS, **options):
    """Read a sheet of services with these rows below its headings."""
    path = workbook(tmp_path / "三月.xlsx", [headings, *rows], **options)
    return read(path)


def one(tmp_path, **cells):
    """Read a sheet whose one row has these cells; a heading a cell."""
    base = {"日期": MARCH, "志愿者编号": "v-001", "服务类别": "care", "时长": 2}
    row = {**base, **cells}
    (found,) = services(tmp_path, list(row.values()), headings=list(row)).rows
    return found


# ---------------------------------------------------------------- what a row becomes


def test_a_service_is_read_with_all_it_says(tmp_path):
    row = one(
        tmp_path,
        开始时间="9:00",
        服务队编号="t-01",
        服务对象编号="r-9",
        志愿者年龄=67,
        服务对象年龄=81,
        姓名="王芳",
        备注="雨天",
    )

    assert row.request.operation == RecordService(
        provider="v-001",
        service_class="care",
        minutes=120,
        recipient="r-9",
        organiser="t-01",
        starts_at=540,
        facts={"provider.age": 67, "recipient.age": 81},
    )
    assert (row.request.effective_on, row.request.actor) == (MARCH, "desk-1")
    assert row.request.private == {}


@pytest.mark.parametrize("cell", ["r-9、r-8", "r-9; r-8；r-9"])
def test_a_cell_may_name_several_who_were_served_at_once(tmp_path, cell):
    service = one(tmp_path, 服务对象编号=cell).request.operation

    assert service.recipient is None
    assert service.recipients == (
        Part(account="r-9", amount=120),
        Part(account="r-8", amount=120),
    )


def test_start_and_end_tell_how_long_it_took(tmp_path):
    row = next(iter(services(tmp_path, ROW).rows))

    assert row.request.operation.minutes == 150
    assert row.request.operation.starts_at == 540


def test_a_service_may_last_until_midnight(tmp_path):
    row = one(tmp_path, 时长=None, 开始时间="22:00", 结束时间="24:00")

    assert row.request.operation.minutes == 120


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [("19:00", "1:00", 6), ("20:00", "8:00", 12), ("22:00", "6:00", 8)],
)
def test_a_service_may_go_on_over_midnight_where_its_length_says_so(
    tmp_path, start, end, hours
):
    row = one(tmp_path, 时长=hours, 开始时间=start, 结束时间=end)

    assert row.request.operation.minutes == hours * 60
    assert row.request.effective_on == MARCH


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("19:00", "1:00", None),
        ("21:30", "9:00", None),  # as likely 9:00 to 21:30
        ("14:00", "2:30", None),  # as likely by the twelve-hour clock
        ("22:00", "6:00", 7),
        ("9:00", "9:00", None),
    ],
)
def test_an_end_before_its_start_is_asked_about_without_it(tmp_path, start, end, hours):
    row = one(tmp_path, 时长=hours, 开始时间=start, 结束时间=end)

    assert said(row) == [("结束时间", "end-before-start")]
    assert "give the duration too" in problem_text(row.problems[0])
    assert "一并填写时长" in problem_text(row.problems[0], "zh")


def test_headings_may_be_english_and_in_any_order(tmp_path):
    path = csv_file(
        tmp_path / "a.csv",
        "Hours,Class,Volunteer ID *,Service date",
        "2.5,care,v-001,2026-03-05",
    )

    (row,) = read(path).rows

    assert row.request.operation.minutes == 150


def test_a_heading_in_minutes_makes_numbers_minutes(tmp_path):
    path = csv_file(
        tmp_path / "a.csv", "日期,志愿者编号,类别,时长（分钟）", "2026-3-5,v-1,care,90"
    )

    assert next(iter(read(path).rows)).request.operation.minutes == 90


def test_titles_above_totals_below_and_blank_rows_are_no_records(tmp_path):
    table = services(
        tmp_path,
        ROW,
        [None] * 7,
        HEADINGS,
        [MARCH, "v-002", None, "助餐", None, None, 1],
        ["小 计", None, None, None, None, None, 3.5],
        [None, None, "合计：", None, None, None, 3.5],
        ["Total", None, None, None, None, None, 3.5],
        titles=["2026年3月志愿服务登记表", "街道：荔湾"],
    )

    assert table.head.row == 3
    assert [row.number for row in table.rows] == [4, 7]
    assert [(s.number, s.why) for s in table.skipped] == [
        (6, Skip.HEADING),
        (8, Skip.TOTAL),
        (9, Skip.TOTAL),
        (10, Skip.TOTAL),
    ]


@pytest.mark.parametrize(
    ("cells", "problems"),
    [
        ({"备注": "合计两次"}, []),
        ({"姓名": "小计"}, []),
        ({"备注": "合计两次", "志愿者编号": None}, [("志愿者编号", "cell-empty")]),
    ],
)
def test_a_record_that_speaks_of_a_total_is_still_a_record(tmp_path, cells, problems):
    assert said(one(tmp_path, **cells)) == problems


def test_classes_go_by_their_name_or_by_what_people_call_them(tmp_path):
    cells = ["care", "CARE", "关爱服务", " 关 爱服务"]

    found = [one(tmp_path, 服务类别=cell).request.operation for cell in cells]

    assert {operation.service_class for operation in found} == {"care"}


def test_a_text_that_two_classes_share_names_neither(tmp_path):
    names = Names(classes={"care": "服务", "meal": "服务"})
    path = csv_file(
        tmp_path / "a.csv",
        "日期,志愿者编号,类别,时长",
        "2026-3-5,v-1,服务,1",
        "2026-3-5,v-1,meal,1",
    )

    shared, named = read(path, names=names).rows

    assert said(shared) == [("类别", "name-ambiguous")]
    assert named.request.operation.service_class == "meal"


def test_facts_are_read_as_what_the_policy_says_they_are(tmp_path):
    path = csv_file(
        tmp_path / "a.csv",
        "日期,志愿者编号,类别,时长,recipient.partner,relation,provider.since,event.no",
        "2026-3-5,v-1,care,1,是,spouse,2020-01-02,007",
    )

    assert dict(next(iter(read(path).rows)).request.operation.facts) == {
        "recipient.partner": True,
        "relation": "spouse",
        "provider.since": date(2020, 1, 2),
        "event.no": "007",
    }


def test_headings_that_nothing_reads_are_named(tmp_path):
    path = csv_file(
        tmp_path / "a.csv",
        "序号,日期,志愿者编号,姓名,类别,时长,联系电话,备注",
        "1,2026-3-5,v-1,王芳,care,1,13800138000,x",
    )

    table = read(path)

    assert table.head.ignored == ("联系电话",)
    (row,) = table.rows
    assert "13800138000" not in str(row.request)
    assert "王芳" not in str(row.request)


COMPANY = {
    "organiser": "t-1",
    "recipient": "r-9",
    "sponsor": "firm",
    "event": "fair",
    "body": "east",
    "evidence": "photo",
}


def test_all_whom_a_service_names_are_read(tmp_path):
    row = one(tmp_path, **COMPANY)

    assert row.request.operation == RecordService(
        provider="v-001", service_class="care", minutes=120, **COMPANY
    )


def test_all_whom_a_mark_names_are_read(tmp_path):
    heads = ",".join(COMPANY)
    path = csv_file(
        tmp_path / "a.csv",
        f"date,member,mark,number,{heads}",
        f"2026-3-5,v-1,meeting,3,{','.join(COMPANY.values())}",
        "2026-3-5,v-1,meeting,3,,r-1;r-2,,,,",
    )

    one_person, two = (row.request.operation for row in read(path, MARKS).rows)

    assert one_person == RecordMark(member="v-1", mark="meeting", number=3, **COMPANY)
    assert two.recipients == (
        Part(account="r-1", amount=3),
        Part(account="r-2", amount=3),
    )


# ---------------------------------------------------------------- other layouts


def test_marks_are_counted_once_unless_a_number_is_given(tmp_path):
    path = csv_file(
        tmp_path / "a.csv",
        "日期,志愿者编号,事项,数量,记录编号",
        "2026-3-5,v-1,月度例会,,m-1",
        "2026-3-5,v-1,meeting,3,m-2",
    )

    first, second = (row.request for row in read(path, MARKS).rows)

    assert first.operation == RecordMark(member="v-1", mark="meeting")
    assert second.operation == RecordMark(member="v-1", mark="meeting", number=3)
    assert (first.id, second.id) == ("m-1", "m-2")


def test_members_are_opened_and_their_names_kept_apart(tmp_path):
    path = csv_file(
        tmp_path / "a.csv",
        "志愿者编号,姓名,类型,登记日期",
        "007,王芳,,2026-01-01",
        "t-01,红棉队,服务队,2026-01-01",
        "f-1,,家庭,2026-01-01",
        "x,,猫,2026-01-01",
        "y,,person,2026-01-01",
    )

    member, team, family, cat, person = read(path, MEMBERS).rows

    assert member.request.operation == OpenAccount(account="007")
    assert member.request.private == {"name": "王芳"}
    assert team.request.operation.kind is AccountKind.GROUP
    assert family.request.operation.kind is AccountKind.FAMILY
    assert family.request.private == {}
    assert said(cat) == [("类型", "kind-unknown")]
    assert person.request.operation.kind is AccountKind.MEMBER


def test_who_brought_a_member_is_read(tmp_path):
    path = csv_file(
        tmp_path / "a.csv", "登记日期,志愿者编号,推荐人编号", "2026-01-01,v-2,v-1"
    )

    (row,) = read(path, MEMBERS).rows

    assert row.request.operation == OpenAccount(account="v-2", sponsor="v-1")


def test_redemptions_are_orders(tmp_path):
    path = csv_file(
        tmp_path / "a.csv",
        "日期,志愿者编号,物品,数量,受益人编号,relation,商户,街道",
        "2026-4-1,v-1,大米5kg,2,v-2,spouse,shop,east",
        "2026-4-1,v-1,flour,0,,,,",
    )

    order, flour = read(path, REDEMPTIONS).rows

    assert order.request.operation == PlaceOrder(
        payer="v-1",
        item="rice",
        quantity=2,
        beneficiary="v-2",
        merchant="shop",
        body="east",
        facts={"relation": "spouse"},
    )
    assert said(flour) == [("物品", "item-unknown"), ("数量", "not-positive")]


def test_a_level_is_granted_and_a_blank_one_withdraws(tmp_path):
    path = csv_file(
        tmp_path / "a.csv",
        "日期,志愿者编号,阶梯,等级",
        "2026-4-1,v-1,group,3",
        "2026-5-1,v-1,group,",
    )

    granted, withdrawn = (row.request.operation for row in read(path, TIERS).rows)

    assert granted == SetTier(account="v-1", ladder="group", level="3")
    assert withdrawn == SetTier(
        account="v-1", ladder="group", action=TierAction.WITHDRAW
    )


# ---------------------------------------------------------------- ids of rows


def test_a_row_has_the_id_that_the_sheet_gives_it(tmp_path):
    assert one(tmp_path, 记录编号="2026-03/0041").request.id == "2026-03/0041"


def test_a_row_without_an_id_is_known_by_what_it_says(tmp_path):
    first = one(tmp_path).request.id

    again = one(tmp_path, 服务类别="关爱服务", 时长="120分钟").request.id
    other = one(tmp_path, 时长=3).request.id

    assert first == again
    assert first != other
    assert first.startswith("row-")
    assert len(first) == len("row-") + 32


def test_the_id_of_a_row_is_the_hash_of_its_facts_for_ever(tmp_path):
    said = (
        '{"class":"care","day":"2026-03-05","layout":"services","minutes":120,'
        '"provider":"v-001"}'
    )

    assert one(tmp_path).request.id == f"row-{sha256(said.encode()).hexdigest()[:32]}"


@pytest.mark.parametrize(
    "mended",
    [
        {"姓名": "王方"},
        {"备注": "x"},
        {"志愿者年龄": 68},
        {"序号": 9},
        {"凭证": "photo"},
    ],
)
def test_mending_a_name_a_remark_or_an_age_makes_no_other_record(tmp_path, mended):
    assert one(tmp_path, **mended).request.id == one(tmp_path).request.id


@pytest.mark.parametrize(
    "told_apart",
    [
        {"开始时间": "9:00"},
        {"服务对象编号": "r-1"},
        {"服务队编号": "t-1"},
        {"日期": date(2026, 3, 6)},
        {"志愿者编号": "v-002"},
        {"服务类别": "meal"},
        {"活动编号": "fair"},
        {"出资方编号": "firm"},
        {"所属机构": "east"},
    ],
)
def test_whatever_makes_it_another_service_makes_it_another_record(
    tmp_path, told_apart
):
    assert one(tmp_path, **told_apart).request.id != one(tmp_path).request.id


def test_the_same_row_twice_is_asked_once_and_the_second_names_the_first(tmp_path):
    again = [*ROW[:2], "王 芳", *ROW[3:]]

    first, second = services(tmp_path, ROW, again).rows

    assert first.request is not None
    assert second.request is None
    assert [(p.reason, p.found) for p in second.problems] == [
        (RowReason.ROW_TWICE, "2")
    ]


def test_a_member_twice_has_nothing_to_be_told_apart_by(tmp_path):
    row = "2026-03-05,v-1,王芳"
    path = csv_file(tmp_path / "m.csv", "登记日期,志愿者编号,姓名", row, row)

    _, second = read(path, MEMBERS).rows

    assert problem_text(second.problems[0]) == "the same as row 2: delete it"
    assert problem_text(second.problems[0], "zh") == "与第 2 行相同：请删除"


def test_a_record_id_cannot_stand_for_two_records(tmp_path):
    path = csv_file(
        tmp_path / "a.csv",
        "日期,志愿者编号,类别,时长,记录编号",
        "2026-3-5,v-1,care,1,a",
        "2026-3-5,v-1,care,2,a",
        "2026-3-5,v-1,care,1,a",
        "2026-3-5,v-1,care,1,b",
    )

    _, other, same, fresh = read(path).rows

    assert said(other) == [("记录编号", "record-id-twice")]
    assert said(same) == [("记录编号", "row-twice")]
    assert fresh.request.id == "b"


# ---------------------------------------------------------------- what is wrong


def test_all_that_is_wrong_with_a_row_is_reported(tmp_path):
    row = one(
        tmp_path,
        日期="2026-02-30",
        志愿者编号=12,
        服务类别="关爱服物",
        开始时间="25:00",
        时长=-1,
        服务对象编号="11010519491231002X",
        志愿者年龄="old",
    )

    assert said(row) == [
        ("日期", "date-unreadable"),
        ("志愿者编号", "id-number"),
        ("服务类别", "class-unknown"),
        ("服务对象编号", "id-personal"),
        ("开始时间", "clock-unreadable"),
        ("时长", "not-positive"),
        ("志愿者年龄", "number-unreadable"),
    ]
    assert {problem.row for problem in row.problems} == {2}
    assert row.problems[2].wanted == "关爱服务"


@pytest.mark.parametrize(
    ("cells", "problems"),
    [
        ({"时长": None}, [("时长", "duration-missing")]),
        ({"时长": 0}, [("时长", "not-positive")]),
        ({"时长": "2.33"}, [("时长", "minutes-fraction")]),
        ({"时长": 25}, [("时长", "minutes-too-many")]),
        ({"时长": None, "开始时间": "9:00"}, [("结束时间", "end-missing")]),
        ({"结束时间": "9:00"}, [("开始时间", "start-missing")]),
        (
            {"时长": None, "开始时间": "9:00", "结束时间": "9:00"},
            [("结束时间", "end-before-start")],
        ),
        (
            {"时长": 2, "开始时间": "9:00", "结束时间": "11:30"},
            [("时长", "duration-disagrees")],
        ),
        (
            {"时长": 2, "时长(分钟)": 90},
            [("时长(分钟)", "duration-disagrees")],
        ),
        ({"日期": None}, [("日期", "cell-empty")]),
        ({"日期": "#REF!"}, [("日期", "formula-error")]),
        ({"志愿者编号": "13800138000"}, [("志愿者编号", "id-personal")]),
        ({"服务队编号": 7}, [("服务队编号", "id-number")]),
        ({"记录编号": 41}, [("记录编号", "id-number")]),
        ({"记录编号": "11010519491231002X"}, [("记录编号", "id-personal")]),
        ({"记录编号": "13800138000"}, [("记录编号", "id-personal")]),
    ],
)
def test_a_row_is_refused_for_what_its_cells_say(tmp_path, cells, problems):
    row = one(tmp_path, **cells)

    assert said(row) == problems
    assert row.request is None


def test_a_duration_that_agrees_with_start_and_end_is_no_problem(tmp_path):
    row = one(tmp_path, 时长=timedelta(hours=2), 开始时间="9:00", 结束时间="11:00")

    assert row.request.operation.minutes == 120


@pytest.mark.parametrize(
    ("column", "heading"), [(3, "时长"), (4, "服务对象编号"), (5, "志愿者年龄")]
)
def test_a_formula_without_a_result_is_never_zero_nor_blank(tmp_path, column, heading):
    path = tmp_path / "a.xlsx"
    headings = ["日期", "志愿者编号", "类别", "时长", "服务对象编号", "志愿者年龄"]
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, headings)
        page.write_row(1, 0, [MARCH, "v-1", "care", 2, "r-1", 67])
        page.write_formula(1, column, "=X9*2", None, "")

    (row,) = read(path).rows

    assert said(row) == [(heading, "formula-empty")]
    assert "=X9*2" in problem_text(row.problems[0])


# ---------------------------------------------------------------- headings


@pytest.mark.parametrize(
    ("headings", "complaint"),
    [
        (
            "日期,志愿者编码,类别,时长",
            r"row 1: no column 志愿者编号 \(provider\); is it '志愿者编码'\? then",
        ),
        (
            "日期,志愿者编号,类别",
            "wanted 时长, or 时长.分钟., or 开始时间 and 结束时间",
        ),
        ("日期,志愿者编号,类别,开始时间,时常", "is it '时常'"),
        ("日期,志愿者编号,类别,时长(天)", "wanted 时长.*is it '时长.天.'"),
        ("日期,服务日期,志愿者编号,类别,时长", "'日期' and '服务日期' mean the same"),
        (
            "a,b,c,d",
            "none of its first 20 rows holds headings; wanted: 日期, 志愿者编号",
        ),
    ],
)
def test_a_sheet_without_a_column_it_needs_is_refused_with_advice(
    tmp_path, headings, complaint
):
    path = csv_file(tmp_path / "a.csv", headings, "2026-3-5,v-1,care,1,2")

    with pytest.raises(SheetUnreadable, match=complaint):
        read(path)


@pytest.mark.parametrize("layout", [MEMBERS, MARKS])
def test_a_sheet_of_another_kind_is_refused_and_the_kind_is_named(tmp_path, layout):
    path = csv_file(
        tmp_path / "hours.csv",
        "日期,志愿者编号,姓名,类别,服务时长",
        "2026-03-05,v-0O1,王芳,care,2",
    )

    with pytest.raises(SheetUnreadable) as caught:
        read(path, layout)

    assert str(caught.value).endswith(
        f"row 1: a sheet of {layout.name} has no 服务时长, a sheet of services has: "
        "import it --as services, or give those columns other headings"
    )


@pytest.mark.parametrize(
    ("layout", "headings", "row"),
    [
        (MEMBERS, "登记日期,志愿者编号,服务类别,时长", "2026-03-05,v-1,care,2"),
        (MEMBERS, "日期,志愿者编号,姓名,等级", "2026-03-05,v-1,王芳,3"),
        (SERVICES, "日期,志愿者编号,服务类别,时长,项目", "2026-03-05,v-1,care,2,送餐"),
    ],
)
def test_a_column_that_other_sheets_have_too_makes_no_sheet_of_that_kind(
    tmp_path, layout, headings, row
):
    (found,) = read(csv_file(tmp_path / "a.csv", headings, row), layout).rows

    assert found.problems == ()


def test_every_column_that_is_missing_is_named(tmp_path):
    path = csv_file(tmp_path / "a.csv", "日期,x", "2026-3-5,1")

    with pytest.raises(SheetUnreadable) as caught:
        read(path)

    assert [
        w for w in ("志愿者编号", "服务类别", "时长") if w in str(caught.value)
    ] == [
        "志愿者编号",
        "服务类别",
        "时长",
    ]


@pytest.mark.parametrize(("above", "readable"), [(19, True), (20, False)])
def test_the_headings_stand_within_the_first_twenty_rows(tmp_path, above, readable):
    path = csv_file(
        tmp_path / "a.csv",
        *["title,,,"] * above,
        "日期,志愿者编号,类别,时长",
        "2026-3-5,v-1,care,1",
    )

    if readable:
        assert len(read(path).rows) == 1
    else:
        with pytest.raises(SheetUnreadable, match="first 20 rows"):
            read(path)


def test_headings_with_nothing_below_are_an_empty_sheet(tmp_path):
    path = csv_file(tmp_path / "a.csv", "日期,志愿者编号,类别,时长", "合计,,,")

    with pytest.raises(SheetUnreadable, match="no record below the headings in row 1"):
        read(path)


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize("reason", RowReason)
def test_every_problem_has_a_text_in_both_languages_with_the_same_fields(reason):
    text = TEXTS[reason]
    fields = ["{column}", "{found}", "{wanted}"]

    assert [f in text.en for f in fields if f != "{column}"] == [
        f in text.zh for f in fields if f != "{column}"
    ]


def test_a_problem_reads_as_a_sentence(tmp_path):
    problem = one(tmp_path, 志愿者编号=12).problems[0]

    assert problem_text(problem, "zh").startswith("“志愿者编号”：12 是数字")
    assert "format the column as text" in problem_text(problem)
