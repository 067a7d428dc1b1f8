#!/usr/bin/python3
"""Reads a set of configurations with oslo.config and writes the results to answers.json.

Run it with an interpreter that has oslo.config: /usr/bin/python3 tests/data/oslo/record.py
Debian and Ubuntu have it as the package python3-oslo.config.
"""

import importlib.metadata
import json
import os
import pathlib
import sys
import tempfile

from oslo_config import cfg

# Group, name, type, default and aliases of every option that the cases may set.
OPTIONS = [
    {"group": "DEFAULT", "name": "host", "type": "string", "default": "controller"},
    {"group": "DEFAULT", "name": "state_path", "type": "string", "default": "/var/lib/neutron"},
    {"group": "df", "name": "text", "type": "string", "default": "nothing"},
    {"group": "df", "name": "other_text", "type": "string", "default": "$text on $host"},
    {"group": "df", "name": "flag", "type": "boolean", "default": "False"},
    {"group": "df", "name": "number", "type": "integer", "default": "7"},
    {"group": "df", "name": "ratio", "type": "float", "default": "0.5"},
    {"group": "df", "name": "kind", "type": "choice", "default": "map"},
    {"group": "df", "name": "items", "type": "list", "default": "$local_ip"},
    {"group": "df", "name": "hosts", "type": "list", "default": "$local_ip:$number"},
    {
        "group": "df",
        "name": "local_ip",
        "type": "string",
        "default": "127.0.0.1",
        "aliases": [["df", "management_ip"], ["ovs", "tunnel_ip"]],
    },
    {
        "group": "df_zmq",
        "name": "ipc_socket",
        "type": "string",
        "default": "${DEFAULT_DIRECTORY}/socket",
        "aliases": [["df", "publisher_multiproc_socket"]],
    },
    {"group": "df_zmq", "name": "DEFAULT_DIRECTORY", "type": "string", "default": "/run"},
]

CHOICES = ["map", "json"]
INTEGER_BOUNDS = (0, 65535)
FLOAT_BOUNDS = (0, 86400)


def df(text):
    return [("a.conf", "[df]\n" + text)]


# name: files in command-line order, then the other inputs of the case.
CASES = {
    "nothing set": {},
    "empty file": {"files": [("a.conf", "")]},
    "comments": {"files": df("# text = a\n; text = b\n#text = c\ntext = d\n")},
    "comment signs within a value": {"files": df("text = a # b ; c\nother_text = #1\n")},
    "indented comment after a value": {"files": df("text = a\n  # b\n")},
    "indented comment after a section": {"files": df("  # b\ntext = a\n")},
    "continuation": {"files": df("text = a\n  b\n\tc\n")},
    "continuation of an empty value": {"files": df("text =\n  b\n")},
    "continuation of a list": {"files": df("items = a,\n  b,\n  c\n")},
    "continuation with an equals sign": {"files": df("text = a\n  number = 9\n")},
    "continuation after an empty line": {"files": df("text = a\n\n  b\n")},
    "continuation after a line of blanks": {"files": df("text = a\n   \n  b\n")},
    "continuation after a comment": {"files": df("text = a\n# c\n  b\n")},
    "continuation of quotes": {"files": df("text = 'a'\n  'b'\n")},
    "option indented below its section": {"files": df("  text = a\n")},
    "colon": {"files": df("text : a\nnumber:9\n")},
    "colon before equals": {"files": df("text: a = b\n")},
    "equals before colon": {"files": df("text = tcp://h:1\nitems=[::1]:1,h:2\n")},
    "equals in a value": {"files": df("text = a=b==c\n")},
    "no blanks": {"files": df("text=a\n")},
    "many blanks": {"files": df("text   =   a  b   \n")},
    "name with a blank": {"files": df("te xt = a\n")},
    "name in capitals": {"files": df("TEXT = a\nText = b\n")},
    "carriage returns": {"files": [("a.conf", "[df]\r\ntext = a\r\nnumber = 9\r\n")]},
    "no final line break": {"files": df("text = a")},
    "double quotes": {"files": df('text = "a b"\nother_text = "  padded  "\n')},
    "single quotes": {"files": df("text = 'a b'\n")},
    "different quotes": {"files": df("text = 'a b\"\n")},
    "quotes within": {"files": df('text = a "b" c\nother_text = "a" "b"\n')},
    "a lone quote": {"files": df('text = "\n')},
    "empty quotes": {"files": df('text = ""\n')},
    "quoted number": {"files": df("number = '9'\nflag = \"yes\"\n")},
    "quoted reference": {"files": df("text = '$host'\n")},
    "non-ASCII": {"files": df("text = naïve ☃ 網\n")},
    "empty string": {"files": df("text =\n")},
    "empty list": {"files": df("items =\n")},
    "empty number": {"files": df("number =\nratio = \n")},
    "empty boolean": {"files": df("flag =\n")},
    "empty choice": {"files": df("kind =\n")},
    "list with gaps": {"files": df("items = a, b ,, c,\n")},
    "list with commas at the end": {"files": df("items = a,b,,,\n")},
    "list of a comma": {"files": df("items = ,\n")},
    "list with a comma in front": {"files": df("items = ,a\n")},
    "list with blank items at the end": {"files": df("items = a, ,\n")},
    "list in brackets": {"files": df("items = [a, b]\n")},
    "list of quoted items": {"files": df("items = 'a', \"b\"\n")},
    "list of bracketed addresses": {"files": df("items = [::1],[fe80::1]\n")},
    "list as Python writes it": {"files": df("items = ['a', 'b']\n")},
    "list item with a number sign": {"files": df("items = a#b, c;d\n")},
    "booleans true": {"files": df("flag = true\n")},
    "booleans TRUE": {"files": df("flag = TRUE\n")},
    "booleans 1": {"files": df("flag = 1\n")},
    "booleans On": {"files": df("flag = On\n")},
    "booleans yes": {"files": df("flag = yes\n")},
    "booleans no": {"files": [("a.conf", "[df]\nflag = yes\n"), ("b.conf", "[df]\nflag = No\n")]},
    "booleans 0": {"files": df("flag = yes\nflag = 0\n")},
    "booleans off": {"files": df("flag = yes\nflag = OFF\n")},
    "booleans y": {"files": df("flag = y\n")},
    "booleans t": {"files": df("flag = t\n")},
    "booleans 2": {"files": df("flag = 2\n")},
    "booleans constructor": {"files": df("flag = constructor\n")},
    "boolean with blanks from a variable": {"env": {"OS_DF__FLAG": " true"}},
    "integer with a leading zero": {"files": df("number = 010\n")},
    "integer with a sign": {"files": df("number = +12\n")},
    "integer with an underscore": {"files": df("number = 1_000\n")},
    "integer with two underscores": {"files": df("number = 1__000\n")},
    "integer with an underscore at the end": {"files": df("number = 1_\n")},
    "integer in hexadecimal": {"files": df("number = 0x10\n")},
    "integer with a fraction": {"files": df("number = 1.0\n")},
    "integer with an exponent": {"files": df("number = 1e3\n")},
    "integer in words": {"files": df("number = many\n")},
    "integer too low": {"files": df("number = -1\n")},
    "integer at the upper bound": {"files": df("number = 65535\n")},
    "integer too high": {"files": df("number = 65536\n")},
    "float": {"files": df("ratio = 2.25\n")},
    "float without fraction": {"files": df("ratio = 2.\n")},
    "float without whole": {"files": df("ratio = .25\n")},
    "float with an exponent": {"files": df("ratio = 1.5E2\n")},
    "float from an integer": {"files": df("ratio = 30\n")},
    "float with an underscore": {"files": df("ratio = 1_0.2_5\n")},
    "float not a number": {"files": df("ratio = nan\n")},
    "float infinite": {"files": df("ratio = inf\n")},
    "float with a comma": {"files": df("ratio = 1,5\n")},
    "choice": {"files": df("kind = json\n")},
    "choice in capitals": {"files": df("kind = JSON\n")},
    "choice unknown": {"files": df("kind = xml\n")},
    "reference in the own group": {"files": df("text = at $local_ip\nlocal_ip = 10.0.0.1\n")},
    "reference in braces": {"files": df("text = ${local_ip}x\n")},
    "reference to DEFAULT": {"files": [("a.conf", "[DEFAULT]\nhost = h1\n[df]\ntext = on $host\n")]},
    "reference to another group": {"files": df("text = ${df_zmq.ipc_socket}.lock\n")},
    "reference to another group without braces": {"files": df("text = $df_zmq.ipc_socket\n")},
    "reference to DEFAULT by its name": {"files": df("text = ${DEFAULT.host}\n")},
    "reference to a group in capitals": {"files": df("text = ${DF.local_ip}\n")},
    "reference from DEFAULT": {"files": [("a.conf", "[DEFAULT]\nhost = ${df.local_ip}\n")]},
    "reference from DEFAULT to an option of a group": {
        "files": [("a.conf", "[DEFAULT]\nhost = $local_ip\n")]
    },
    "reference to an alias": {"files": df("text = $management_ip\nmanagement_ip = 10.0.0.2\n")},
    "reference in capitals": {"files": df("text = $HOST\n")},
    "reference with a dot behind it": {"files": df("text = $host.example.org\n")},
    "reference in braces with a dot behind it": {"files": df("text = ${host}.example.org\n")},
    "reference with a colon behind it": {"files": df("hosts = $local_ip:$number,${host}:1\n")},
    "reference with a dash behind it": {"files": df("text = $host-1\n")},
    "reference to a reference": {"files": df("text = <$other_text>\nother_text = $local_ip\n")},
    "reference within a default": {"files": df("text = new\nlocal_ip = 10.0.0.3\nnumber = 010\n")},
    "reference to a number": {"files": df("text = $number\nnumber = 0010\n")},
    "reference to a boolean": {"files": df("text = $flag\nflag = yes\n")},
    "reference to a float": {"files": df("text = $ratio\nratio = 2.50\n")},
    "reference to a list": {"files": df("text = $items\nitems = a, b\n")},
    "reference of a number": {"files": df("number = $ratio\nratio = 3\n")},
    "reference of a number to a text": {"files": df("number = $text\ntext = 12\n")},
    "reference to an unknown option": {"files": df("text = $nobody\n")},
    "reference in braces to an unknown option": {"files": df("text = ${nobody}\n")},
    "reference to an unknown group": {"files": df("text = ${nowhere.nobody}\n")},
    "reference to an option that only a file knows": {"files": df("my_ip = 1\ntext = $my_ip\n")},
    "reference to itself": {"files": df("text = $text\n")},
    "references in a circle": {"files": df("text = $local_ip\nlocal_ip = a$text\n")},
    "dollar sign twice": {"files": df("text = a$$b $$host $$$host\n")},
    "dollar sign behind a backslash": {"files": df("text = a\\$host b\\$\n")},
    "dollar sign alone": {"files": df("text = 5$ $5 $ ${ ${} ${5} $-\n")},
    "dollar sign with an unclosed brace": {"files": df("text = ${host\n")},
    "percent sign": {"files": df("text = %(host)s 100%\n")},
    "duplicate option": {"files": df("text = a\ntext = b\n")},
    "duplicate section": {"files": df("text = a\n[df_zmq]\n[df]\ntext = b\nnumber = 9\n")},
    "section in capitals": {"files": [("a.conf", "[DF]\ntext = a\n[Df_Zmq]\nipc_socket = s\n")]},
    "sections in both cases": {"files": [("a.conf", "[df]\ntext = a\n[DF]\ntext = b\n")]},
    "section default in small letters": {"files": [("a.conf", "[default]\nhost = h1\n")]},
    "section with blanks": {"files": [("a.conf", "[ df ]\ntext = a\n")]},
    "section that is blank": {"files": [("a.conf", "[ ]\ntext = a\n")]},
    "unknown options and sections": {"files": df("nothing = 1\n[elsewhere]\ntext = a\n")},
    "two files": {
        "files": [
            ("a.conf", "[df]\ntext = a\nnumber = 1\n"),
            ("b.conf", "[df]\ntext = b\nflag = on\n"),
        ]
    },
    "two files in the other order": {
        "files": [("b.conf", "[df]\ntext = b\n"), ("a.conf", "[df]\ntext = a\n")]
    },
    "reference across files": {
        "files": [("a.conf", "[df]\ntext = $host\n"), ("b.conf", "[DEFAULT]\nhost = h2\n")]
    },
    "directory": {
        "files": [("a.conf", "[df]\ntext = a\nnumber = 1\n")],
        "directory": [
            ("20-x.conf", "[df]\ntext = twenty\n"),
            ("10-y.conf", "[df]\ntext = ten\nnumber = 10\n"),
            ("Z.conf", "[df]\nkind = json\n"),
            ("30-z.ini", "[df]\ntext = no\n"),
            (".hidden.conf", "[df]\ntext = no\n"),
        ],
    },
    "variable": {"env": {"OS_DF__TEXT": "e", "OS_DEFAULT__HOST": "h3", "OS_DF_ZMQ__IPC_SOCKET": "s"}},
    "variable over files": {"files": df("text = a\nnumber = 9\n"), "env": {"OS_DF__TEXT": "e"}},
    "variable with a reference": {"env": {"OS_DF__TEXT": "on $host"}},
    "variable with quotes and blanks": {"env": {"OS_DF__TEXT": ' "a" ', "OS_DF__NUMBER": " 9 "}},
    "variable that is empty": {"files": df("text = a\n"), "env": {"OS_DF__TEXT": ""}},
    "variable in small letters": {"env": {"os_df__text": "e"}},
    "variable that is bad": {"env": {"OS_DF__NUMBER": "nine"}},
    "variable for an alias": {"env": {"OS_DF__MANAGEMENT_IP": "10.0.0.9"}},
    "alias": {"files": df("management_ip = 10.0.0.4\n")},
    "alias of another group": {"files": df("publisher_multiproc_socket = /s\n")},
    "alias that comes second": {"files": [("a.conf", "[ovs]\ntunnel_ip = 10.0.0.5\n")]},
    "aliases together": {
        "files": [("a.conf", "[ovs]\ntunnel_ip = 10.0.0.5\n[df]\nmanagement_ip = 10.0.0.6\n")]
    },
    "name before its alias": {"files": df("local_ip = 10.0.0.7\nmanagement_ip = 10.0.0.6\n")},
    "name after its alias": {"files": df("management_ip = 10.0.0.6\nlocal_ip = 10.0.0.7\n")},
    "alias in a later file": {
        "files": [
            ("a.conf", "[df]\nlocal_ip = 10.0.0.7\n"),
            ("b.conf", "[df]\nmanagement_ip = 10.0.0.6\n"),
        ]
    },
    "error: no assignment": {"files": df("text\n")},
    "error: no name": {"files": df("= a\n")},
    "error: no name before a colon": {"files": df(": a\n")},
    "error: no section": {"files": [("a.conf", "text = a\n")]},
    "error: section not closed": {"files": [("a.conf", "[df\ntext = a\n")]},
    "error: section with a comment": {"files": [("a.conf", "[df] # ours\ntext = a\n")]},
    "error: section without a name": {"files": [("a.conf", "[]\ntext = a\n")]},
    "error: file missing": {"files": [("missing.conf", None)]},
    "error: directory missing": {"directory": None},
    "comment before any section": {"files": [("a.conf", "# c\n\n; d\n[df]\ntext = a\n")]},
}


def option_of(row):
    kinds = {
        "string": lambda **kw: cfg.StrOpt(row["name"], **kw),
        "boolean": lambda **kw: cfg.BoolOpt(row["name"], **kw),
        "integer": lambda **kw: cfg.IntOpt(
            row["name"], min=INTEGER_BOUNDS[0], max=INTEGER_BOUNDS[1], **kw
        ),
        "float": lambda **kw: cfg.FloatOpt(
            row["name"], min=FLOAT_BOUNDS[0], max=FLOAT_BOUNDS[1], **kw
        ),
        "choice": lambda **kw: cfg.StrOpt(row["name"], choices=CHOICES, **kw),
        "list": lambda **kw: cfg.ListOpt(row["name"], **kw),
    }
    default = [row["default"]] if row["type"] == "list" else row["default"]
    aliases = [cfg.DeprecatedOpt(name, group=group) for group, name in row.get("aliases", [])]
    return kinds[row["type"]](default=default, deprecated_opts=aliases)


def new_config():
    conf = cfg.ConfigOpts()
    for row in OPTIONS:
        group = None if row["group"] == "DEFAULT" else row["group"]
        conf.register_opt(option_of(row), group=group)
    return conf


def arguments(case, directory):
    result = []
    for name, text in case.get("files", []):
        path = directory / name
        if text is not None:
            path.write_bytes(text.encode())
        result += ["--config-file", str(path)]
    if "directory" in case:
        conf_d = directory / "conf.d"
        if case["directory"] is not None:
            conf_d.mkdir()
            for name, text in case["directory"]:
                (conf_d / name).write_text(text)
        result += ["--config-dir", str(conf_d)]
    return result


def value_of(conf, row):
    try:
        scope = conf if row["group"] == "DEFAULT" else conf[row["group"]]
        return {"value": scope[row["name"]]}
    except (Exception, RecursionError) as error:
        return {"error": type(error).__name__}


def json_number(value):
    """Replaces NaN, which JSON cannot hold."""
    return str(value) if isinstance(value, float) and value != value else value


def answer(case):
    with tempfile.TemporaryDirectory() as directory:
        conf = new_config()
        kept = dict(os.environ)
        os.environ.update(case.get("env", {}))
        try:
            conf(
                arguments(case, pathlib.Path(directory)),
                project="recorder",
                default_config_files=[],
                default_config_dirs=[],
            )
            values = {}
            for row in OPTIONS:
                outcome = value_of(conf, row)
                if "value" in outcome:
                    outcome["value"] = json_number(outcome["value"])
                values[row["group"] + "." + row["name"]] = outcome
            return {"values": values}
        except Exception as error:
            return {"error": type(error).__name__}
        finally:
            os.environ.clear()
            os.environ.update(kept)


def changes(given, standard):
    """Keeps only the differences from the result for an empty configuration."""
    if "error" in given:
        return given
    changed = {name: each for name, each in given["values"].items() if each != standard[name]}
    return {"values": changed}


def main():
    standard = answer({})["values"]
    answers = {name: changes(answer(case), standard) for name, case in CASES.items()}
    document = {
        "about": "Answers of oslo.config, recorded by record.py; do not edit",
        "version": importlib.metadata.version("oslo.config"),
        "choices": CHOICES,
        "integerBounds": INTEGER_BOUNDS,
        "floatBounds": FLOAT_BOUNDS,
        "options": OPTIONS,
        "standard": {name: each["value"] for name, each in standard.items()},
        "cases": [{"name": name, **case, "answer": answers[name]} for name, case in CASES.items()],
    }
    target = pathlib.Path(__file__).with_name("answers.json")
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    target.write_text(text, encoding="utf-8")
    print(f"{len(CASES)} cases, oslo.config {document['version']}", file=sys.stderr)


if __name__ == "__main__":
    main()
