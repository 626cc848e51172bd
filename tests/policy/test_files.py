"""Policy files are read as a whole, and every mistake is told with its place."""

import pytest

import timebank
from timebank.errors import PolicyInvalid
from timebank.policy.files import load_policy

from .files import SOUND, changed, mistakes


def test_a_sound_policy_is_read_with_nothing_to_say():
    policy = load_policy(SOUND)

    assert policy.policy.name == "Willow Lane"
    assert list(policy.rules) == ["hours", "points", "deed", "redeem", "give_on"]
    assert policy.unit("hours").scale == 60


@pytest.mark.parametrize("name", timebank.programmes())
def test_the_programmes_that_are_shipped_are_sound(name):
    assert mistakes(timebank.programme(name)) == {}


def test_a_policy_is_named_by_its_text():
    other = load_policy(SOUND + "\n# a remark\n")

    assert load_policy(SOUND).hash == load_policy(SOUND).hash
    assert other.hash != load_policy(SOUND).hash


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("language = ", "file"),
        ("[units]\n[units]", "file"),
        ("units.a = {}\nunits.a = {}", "file"),
        ("", "units"),
        ("", "accounts"),
        ("", "policy"),
        ("", "language"),
    ],
)
def test_what_is_no_policy_at_all_is_told_so(text, place):
    assert place in mistakes(text)


def test_bad_toml_is_told_with_its_line():
    assert "line 2" in mistakes("language = 1\nname = \n")["file"]


UNKNOWN = [
    ("status = ", "sttus = ", "policy.sttus", "status"),
    ("scale = 60", "scael = 60", "units.hours.scael", "scale"),
    ("after = ", "aftr = ", "units.coins.lots.expires.aftr", "after"),
    ("cap = 1500", "kap = 1500", "accounts.member.points.kap", "cap"),
    ("may = ", "mai = ", "accounts.group.mai", "may"),
    ("default = false", "defualt = false", "facts.agreed", "default"),
    ('text = "关爱服务"', 'txet = "关爱服务"', "classes.care.txet", "text"),
    (
        "requires = { provider",
        "requries = { provider",
        "classes.care.requries",
        "requires",
    ),
    ("min = 18", "mni = 18", "classes.care.requires.provider.age.mni", "min"),
    ("broken_by", "brokn_by", "measures.row.brokn_by", "broken_by"),
    ("at_most = 40", "at_mots = 40", "rules.points.limits.month.at_mots", "at_most"),
    ("price = 20", "prize = 20", "items.rice.prize", "price"),
    ('start = "C"', 'strat = "C"', "ladders.group.strat", "start"),
    ('for = "the office"', 'fro = "the office"', "flags.many.fro", "for"),
    ("[flags.many]", "[flag.many]", "flag", "flags"),
]


@pytest.mark.parametrize(("old", "new", "place", "meant"), UNKNOWN)
def test_a_misspelt_key_is_told_with_what_it_may_have_meant(old, new, place, meant):
    found = mistakes(changed((old, new)))

    assert f"did you mean `{meant}`?" in found[place]


MISTYPED = [
    ('name = "Willow Lane"', "name = 3", "policy.name", "text in quotes"),
    ("from = 2020-01-01", 'from = "soon"', "policy.from", "a day such as"),
    ("from = 2020-01-01", "from = 2020-01-01T00:00:00", "policy.from", "a day"),
    ("scale = 60", 'scale = "60"', "units.hours.scale", "a whole number"),
    ("scale = 60", "scale = true", "units.hours.scale", "a whole number"),
    ("record = true", "record = 1", "units.hours.record", "true or false"),
    ("cap = 1500", "cap = true", "accounts.member.points.cap", "an exact number"),
    ("cap = 1500", 'cap = "1e3"', "accounts.member.points.cap", "no number"),
    (
        'excess = "drop" }\n',
        'excess = "loose" }\n',
        "accounts.member.points.excess",
        '"drop"',
    ),
    ("[accounts.group]", "[accounts.grupo]", "accounts.grupo", "`group`"),
    ('["donate"]', '["donate", 3]', "accounts.group.may", "text in quotes"),
    ('age = "number"', 'age = "years"', "facts.age", "list of choices"),
    ("kept = true", "kept = 1", "facts.rate", "true or false"),
    ('counts = "number"', 'counts = "numbers"', "classes.deed.counts", "`number`"),
    ('weight = "0.5"', 'weight = "heavy"', "classes.deed.weight", "no number"),
    ('total = { sum = "hours" }', 'total = "hours"', "measures.total", "a table"),
    (
        'balance = "points"',
        'balance = "points", window = "moth"',
        "measures.had.window",
        "month",
    ),
    ("at_most = 40", "at_most = {}", "rules.points.limits.month.at_most", "one of of"),
    ('round = "down"', 'round = "dwon"', "rules.points.amount.2", "`down`"),
    ("to = 1 }]", "to = 0 }]", "rules.points.amount.2", "more than 0"),
    ('{ of = "number" }, ', "", "rules.deed.amount", "begins with { of"),
    ('{ of = "number" }', "{ of = 1, times = 2 }", "rules.deed.amount.0", "one of"),
    ('{ of = "number" }', "{ of = 1, gives = 2 }", "rules.deed.amount.0", "gives"),
    ('{ of = "number" }', "3", "rules.deed.amount.0", "a step is a table"),
    ('times = "class.weight"', "bands = [[1, 2, 3]]", "rules.deed.amount.1", "pairs"),
    (", f = 2, m = 1", "", "rules.points.amount.1", "at least one choice"),
    ('min = "one"', "min = [1, 2]", "rules.redeem.requires.star.min", "one figure"),
    ('{ min = "one" }', "[]", "rules.redeem.requires.star", "an empty list"),
    ('{ min = "one" }', "{}", "rules.redeem.requires.star", "a test is one of"),
    (
        '{ star = { min = "one" } }',
        "3",
        "rules.redeem.requires",
        "a condition is a table",
    ),
    (
        '{ star = { min = "one" } }',
        "{ any = {} }",
        "rules.redeem.requires",
        "a list of",
    ),
    (
        'star = { min = "one" }',
        'day = { within = ["4-1", "5-1"] }',
        "rules.redeem.requires.day.within",
        "04-01",
    ),
    (
        'keep = "for ever"',
        'keep = "always"',
        "ladders.star.keep",
        "there is: while met",
    ),
    (
        '["2024-01-01", ""]',
        '["2024-13-01", ""]',
        "ladders.group.moves.0.suspended.0.0",
        "month",
    ),
    (
        "[examples.one]\nexpect = {}",
        "[examples.one]\nday = 3\nexpect = {}",
        "examples.one.day",
        "a day",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "said"), MISTYPED)
def test_a_value_of_the_wrong_type_is_told_with_what_is_wanted(old, new, place, said):
    text = changed((old, new)) if SOUND.count(old) == 1 else SOUND.replace(old, new, 1)

    assert said in mistakes(text)[place]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("cap = 1500", "cap = 1.5", "accounts.member.points.cap"),
        ("scale = 60", "scale = 60.0", "units.hours.scale"),
        ("weight = 2\n", "weight = 2.5\n", "classes.care.weight"),
        ("at_most = 40", "at_most = inf", "rules.points.limits.month.at_most"),
        ("f = 2", "f = 1.5", "rules.points.amount.1.times.f"),
        ("min = 18", "min = 17.5", "classes.care.requires.provider.age.min"),
        ("expect = {}", "expect = { hours = 0.5 }", "examples.one.expect.hours"),
    ],
)
def test_floats_are_refused_wherever_they_stand(old, new, place):
    assert "floats are refused, not rounded" in mistakes(changed((old, new)))[place]


@pytest.mark.parametrize(
    ("old", "place"),
    [
        ('source = "made up"\n', "policy.source"),
        ("from = 2020-01-01\n", "policy.from"),
        ("price = 20\n", "items.rice.price"),
        ('for = "the office"\n', "flags.many.for"),
        ("expect = {}", "examples.one.expect"),
        ("language = 1\n", "language"),
    ],
)
def test_what_is_missing_is_told_by_its_own_place(old, place):
    assert "is missing" in mistakes(changed((old, "")))[place]


def test_two_mistakes_are_answered_with_both():
    found = mistakes(
        changed(("at_most = 40", "at_mots = 40"), ("price = 20", "price = 2.0"))
    )

    assert list(found) == [
        "rules.points.limits.month.at_most",
        "rules.points.limits.month.at_mots",
        "items.rice.price",
    ]


def test_a_misspelt_key_does_not_hide_a_misspelt_name_in_another_table():
    found = mistakes(
        changed(
            ("scale = 60, record = true", "scale = 60, recrod = true"),
            ('[rules.hours]\non = "service"', '[rules.hours]\non = "serivce"'),
        )
    )

    assert "did you mean `record`?" in found["units.hours.recrod"]
    assert "did you mean 'service'?" in found["rules.hours.on"]


def test_two_mistakes_in_one_condition_or_formula_are_both_told():
    found = mistakes(
        changed(
            ("min = 18", "mni = 18, max = [1, 2]"),
            (
                'of = "number" }, { times = "class.weight"',
                'off = 1 }, { tmes = "class.weight"',
            ),
        )
    )

    assert list(found) == [
        "classes.care.requires.provider.age.mni",
        "classes.care.requires.provider.age.max",
        "rules.deed.amount.0",
        "rules.deed.amount.1",
    ]


def test_two_things_wrong_at_one_place_are_both_told():
    found = mistakes(changed(('["donate"]', '["donat", "redem"]')))

    assert found["accounts.group.may"].count("did you mean") == 2


@pytest.mark.parametrize("key", ["hash", "text"])
def test_what_the_reader_fills_in_is_no_key_of_a_file(key):
    assert "unknown key" in mistakes(f'{key} = "x"\n' + SOUND)[key]


def test_the_error_lists_every_place_under_the_files_name():
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(changed(("price = 20", "prize = 20")), name="willow.toml")

    assert str(caught.value) == (
        "willow.toml:\n"
        "  items.rice.price: `price` is missing\n"
        "  items.rice.prize: unknown key `prize`; did you mean `price`?"
    )


def test_a_class_may_have_figures_of_its_own():
    policy = load_policy(changed(("weight = 2\n", 'weight = 2\npoints = "1/3"\n')))

    assert set(policy.classes["care"].attributes) == {"weight", "points"}


def test_half_a_character_is_told_with_its_line():
    broken = SOUND.replace("[units]", "# \ud800\n[units]", 1)
    line = broken[: broken.index("\ud800")].count("\n") + 1

    assert "half a character" in mistakes(broken)[f"line {line}"]


def test_a_choice_may_begin_with_a_digit():
    text = changed(
        ('sex = ["f", "m"]', 'sex = ["f", "m"]\nband = ["60+", "80+"]'),
        ('requires = { star = { min = "one" } }', 'requires = { band = "60+" }'),
    )

    assert mistakes(text) == {}


# ---------------------------------------------------------------- what people call it

NAMED = """
language = 1
policy = { name = "A street", source = "a test", status = "example", from = 2024-01-01 }
units.points = { text = { en = "merits", zh = "积分" } }
accounts.member = {}
facts.age = { type = "number", text = "years of age" }
classes.help = { counts = "number" }
measures.got = { sum = "points", text = { en = "ever earned", zh = "累计" } }
ladders.star = { levels = [{ name = "one", text = { en = "One star", zh = "一星" }, needs = { got = { min = 2 } } }], text = { en = "stars", zh = "星级" } }
rules.points = { on = "contribution", unit = "points" }
"""


def test_a_name_is_one_text_for_all_languages_or_one_for_each():
    policy = load_policy(NAMED)

    assert policy.units["points"].text.zh == "积分"
    assert policy.unit("points").called.en == "merits"
    assert policy.facts["age"].text.zh == policy.facts["age"].text.en == "years of age"
    assert policy.ladders["star"].levels[0].text.zh == "一星"


@pytest.mark.parametrize("written", ['{ en = "merits" }', "{ en = 1, zh = 2 }", "3"])
def test_a_name_in_one_language_only_is_told_what_is_wanted(written):
    found = mistakes(NAMED.replace('{ en = "merits", zh = "积分" }', written))

    assert '{ en = "…", zh = "…" }' in found["units.points.text"]


def test_a_unit_without_a_text_is_called_by_its_name():
    assert load_policy(SOUND).unit("points").called == "points"


def test_a_role_that_is_tested_beside_its_values_is_told_how_to_be_written():
    text = SOUND.replace(
        'requires = { star = { min = "one" } }',
        "requires = { merchant = { known = true }, merchant.age = { min = 6 } }",
    )

    (told,) = mistakes(text).values()

    assert "is not TOML" in told
    assert '"recipient.age"' in told
    assert '"recipient.age"' in told.in_("zh")


def test_the_name_of_a_policy_is_not_its_text():
    told = mistakes("guangzhou")["file"]

    assert "the text of a policy is wanted, not its name" in told
    assert "而非名称" in told.in_("zh")


def test_a_mark_that_an_editor_wrote_is_told_as_that():
    told = mistakes("\ufeff" + SOUND)["file"]

    assert "read the file as 'utf-8-sig'" in told
    assert "'utf-8-sig'" in told.in_("zh")


@pytest.mark.parametrize("word", ["all", "any"])
def test_a_word_of_conditions_is_no_name_of_a_value(word):
    named = SOUND.replace(
        'total = { sum = "hours" }',
        f'total = {{ sum = "hours" }}\n{word} = {{ sum = "hours" }}',
    )
    tested = named.replace(
        'requires = { star = { min = "one" } }',
        f"requires = {{ {word} = {{ min = 3 }} }}",
    )

    assert "word of the language" in mistakes(named)[f"measures.{word}"]
    assert "can be called so" in mistakes(tested)["rules.redeem.requires"]


@pytest.mark.parametrize(
    ("line", "hinted"),
    [
        ("家务 = 1", True),
        ("[classes.家务]", True),
        ("classes.家务 = {}", True),
        ("a ＝ 1", True),
        ("[classes.'家务']\n= 1", False),
        ('"家务" = ', False),
        ("# 家务 = 1\na = ", False),
    ],
)
def test_names_that_are_not_in_quotes_are_told_to_be(line, hinted):
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(f"language = 1\n{line}\n")

    assert ("go in plain quotes" in str(caught.value)) is hinted


def nested(times):
    """Return the sound policy with a gate in so many others, and four tables in all."""
    gate = "{ age = { min = 1 } }"
    for _ in range(times):
        gate = f"{{ all = [{gate}] }}"
    return changed(('requires = { star = { min = "one" } }', f"requires = {gate}"))


@pytest.mark.parametrize(("times", "told"), [(14, False), (15, True), (200, True)])
def test_what_nests_too_deep_is_a_mistake_with_its_place(times, told):
    found = mistakes(nested(times))

    assert (
        any("more than 32 tables and lists" in text for text in found.values()) == told
    )
    assert found.keys() <= {"rules.redeem.requires", "file"}
