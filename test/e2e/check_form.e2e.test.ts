// Tests that the check rejects exactly the malformed configurations that a real Fluent Bit (FLUENT_BIT) rejects.
import { existsSync } from "node:fs";
import { afterAll, describe, expect, it, vi } from "vitest";
import { check } from "../../scripts/check/check.js";
import { Child } from "../support/child.js";
import { ConfigurationFolder } from "../support/checked_configuration.js";
import { pluginEnvironment } from "../support/environment.js";
import { PLUGIN } from "../support/plugin_host.js";

vi.setConfig({ testTimeout: 60_000 });

const program = process.env["FLUENT_BIT"] ?? "";
const files = new ConfigurationFolder();
afterAll(() => files.remove());

const keys = "    Name kinesis\n    Match *\n    region us-west-2\n    stream logs\n";
const good = `[OUTPUT]\n${keys}`;
const yamlKeys = "      match: '*'\n      region: us-west-2\n      stream: logs\n";
const yaml = `pipeline:\n  outputs:\n    - name: kinesis\n${yamlKeys}`;

files.write("parts/one.conf", good);
files.write("parts/one.yaml", yaml);
files.write("others/parsers.conf", "[PARSER]\n    Name x\n    Format json\n");
files.write("others/good.lua", "function call(tag, time, record) return 0, time, record end\n");
const service = (entry: string) => `[SERVICE]\n    ${entry}\n${good}`;
const input = (more = "") => `[INPUT]\n    Name dummy\n${more}${good}`;
const lua = (file: string) => `[FILTER]\n    Name lua\n    Match *\n    call call\n    script ${file}\n${good}`;
const processors = (text: string) => `${yaml}      processors:\n${text}`;
const modifier = "          - name: content_modifier\n            action: insert\n            key: a\n            value: b\n";

/** Name of the case, the text, and whether it is valid. */
const classic: readonly (readonly [string, string, boolean])[] = [
  ["plain", good, true],
  ["carriage returns", good.replaceAll("\n", "\r\n"), true],
  ["tabs for the indentation", good.replaceAll("    ", "\t"), true],
  ["an abbreviated section", good.replace("OUTPUT", "OUT"), true],
  ["keys in capitals", good.toUpperCase().replace("KINESIS", "kinesis"), true],
  ["an unknown section", `${good}[OTHER]\n    a b\n`, true],
  ["a comment at the same indentation", `${good}    # why\n`, true],
  ["a line with only the indentation", `${good}    \n    alias a\n`, true],
  ["a group", `${good}    [group] \n        a b\n`, true],
  ["a variable that is not set", good.replace("us-west-2", "${NOT_SET_HERE}"), true],
  ["@SET", `@SET R=us-west-2\n${good.replace("us-west-2", "${R}")}`, true],
  ["@SET without an equals sign", `@SET R\n${good}`, true],
  ["an unknown command", `@MAKE it\n${good}`, true],
  ["@INCLUDE of a pattern", "@INCLUDE parts/*.conf\n", true],
  ["@INCLUDE of a file", "@INCLUDE parts/one.conf\n", true],
  ["@INCLUDE of a folder", `@INCLUDE parts\n${good}`, true],
  ["@INCLUDE of a pattern for folders", "@INCLUDE */one.conf\n", true],
  ["a no-break space after a value", good.replace("logs", "logs\u00a0"), true],
  ["TLS that is off", `${good}    tls off\n`, true],
  ["TLS", `${good}    tls on\n`, false],
  ["a byte order mark", `\ufeff${good}`, false],
  ["a byte order mark before a comment", `\ufeff# why\n${good}`, false],
  ["@INCLUDE twice", "@INCLUDE parts/one.conf\n@INCLUDE parts/one.conf\n", false],
  ["@INCLUDE of nothing", `@INCLUDE parts/none.conf\n${good}`, false],
  ["@INCLUDE of a pattern for nothing", `@INCLUDE parts/none*.conf\n${good}`, false],
  ["a command without a blank", `@NOTHING\n${good}`, false],
  ["less indentation", `${good}  alias a\n`, false],
  ["more indentation", `${good}      alias a\n`, false],
  ["a comment with less indentation", `${good}  # why\n`, false],
  ["a blank line with less indentation", `${good}  \n`, false],
  ["no value", `${good}    alias\n`, false],
  ["a tab before the value", `${good}    alias\ta\n`, false],
  ["a blank value", `${good}    alias  \n`, false],
  ["no section", `    alias a\n${good}`, false],
  ["a section that is not closed", `${good}[OUTPUT\n`, false],
  ["a parser", `${good}[PARSER]\n    Name x\n`, false],
  ["no name", `${good}[OUTPUT]\n    Match *\n`, false],
  ["no indentation", good.replaceAll("    ", ""), false],
  ["Flush 0", `[SERVICE]\n    Flush 0\n${good}`, false],
  ["an unknown log_level", `${good}    log_level loud\n`, false],
  ["an unknown log_level before a known one", `${good}    log_level loud\n    log_level info\n`, false],
  ...["5G", "5gb", "1.5M", "5", "off", "no"].map((size) => [`a storage.total_limit_size of ${size}`, `${good}    storage.total_limit_size ${size}\n`, true] as const),
  ...["5Gi", "5X", "5 bytes", "true"].map((size) => [`a storage.total_limit_size of ${size}`, `${good}    storage.total_limit_size ${size}\n`, false] as const),
  ["an input", input(), true],
  ["a filter", `[FILTER]\n    Name grep\n    Match *\n    Regex log x\n${good}`, true],
  ["a filter with Match_Regex", `[FILTER]\n    Name grep\n    Match_Regex .*\n    Regex log x\n${good}`, true],
  ["a filter without Match", `[FILTER]\n    Name grep\n    Regex log x\n${good}`, false],
  ["an input with a misspelled name", `[INPUT]\n    Name dumy\n${good}`, false],
  ["a filter with a misspelled name", `[FILTER]\n    Name grepp\n    Match *\n${good}`, false],
  ["another output with a misspelled name", `${good}[OUTPUT]\n    Name stdotu\n    Match *\n`, false],
  ["a name in quotes", `${good}[OUTPUT]\n    Name "stdout"\n    Match *\n`, false],
  ["another output", `${good}[OUTPUT]\n    Name stdout\n    Match *\n`, true],
  ["another output by an address", `${good}[OUTPUT]\n    Name tcp://127.0.0.1:1\n    Match *\n`, true],
  ["an input's storage.type", input("    storage.type filesystem\n"), true],
  ["an unknown storage.type", input("    storage.type disk\n"), false],
  ["an input's Mem_Buf_Limit", input("    Mem_Buf_Limit 5MB\n"), true],
  ["a Mem_Buf_Limit with an unknown unit", input("    Mem_Buf_Limit 5Mi\n"), false],
  ["a parsers_file", service("parsers_file others/parsers.conf"), true],
  ["a missing parsers_file", service("parsers_file others/none.conf"), false],
  ["a missing plugins_file", service("plugins_file none.conf"), false],
  ["a script", lua("others/good.lua"), true],
  ["a missing script", lua("others/none.lua"), false],
  ["a stack below a page", service("coro_stack_size 4095"), false],
  ["a stack of a page", service("coro_stack_size 4096"), true],
  ["a known option of connections", `${good}    net.keepalive off\n`, true],
  ["an unknown option of connections", `${good}    net.keep_alive off\n`, false],
  ["plugins in the main file", `[PLUGINS]\n    Path x.so\n${good}`, false],
  ["a NUL after the end", `${good}\0`, true],
  ["an unknown log_level of the service", `[SERVICE]\n    log_level loud\n${good}`, false],
];

const inYaml: readonly (readonly [string, string, boolean])[] = [
  ["plain", yaml, true],
  ["names in capitals", yaml.replace("pipeline", "PIPELINE").replace("outputs", "Outputs"), true],
  ["keys in camel case", `${yaml}      retryLimit: 5\n`, true],
  ["a list", `${yaml}      data_keys: [a, b]\n`, true],
  ["an empty value", `${yaml}      alias:\n`, true],
  ["a repeated key", `${yaml}      stream: other\n`, true],
  ["processors", `${yaml}      processors:\n        logs: []\n`, true],
  ["env", `env:\n  R: us-west-2\n${yaml}`, true],
  ["env as a list", `env:\n  - name: R\n    value: us-west-2\n${yaml}`, true],
  ["includes", "includes:\n  - parts/one.yaml\n", true],
  ["includes of a pattern", "includes:\n  - parts/*.yaml\n", true],
  ["carriage returns", yaml.replaceAll("\n", "\r\n"), true],
  ["a byte order mark", `\ufeff${yaml}`, true],
  ["telemetry of an input", yaml.replace("  outputs:", "  inputs:\n    - name: dummy\n      tag: x\n      telemetry:\n        metrics:\n          logs:\n            tag_records:\n              enabled: true\n  outputs:"), true],
  ["telemetry of an output", `${yaml}      telemetry:\n        metrics:\n          enabled: true\n`, false],
  ["an unknown section", `other:\n  a: b\n${yaml}`, true],
  ["an unknown section with a list", `other:\n  - a\n${yaml}`, false],
  ["a pipeline by another name", `pipelines:\n  outputs:\n    - name: kinesis\n${yaml}`, false],
  ["plugins that are not a list", `plugins: a.so\n${yaml}`, false],
  ["extensions", `extensions:\n  a: [b]\n${yaml}`, true],
  ["a stream_processor", `stream_processor:\n  - name: x\n    exec: "SELECT * FROM TAG:'x';"\n${yaml}`, true],
  ["stream_processors", `stream_processors:\n  - name: x\n${yaml}`, false],
  ["an input with a misspelled name", yaml.replace("  outputs:", "  inputs:\n    - name: dumy\n  outputs:"), false],
  ["an input's routes that are not a map", yaml.replace("  outputs:", "  inputs:\n    - name: dummy\n      routes: x\n  outputs:"), false],
  ["a processor", processors(`        logs:\n${modifier}`), true],
  ["a filter as a processor", processors("        logs:\n          - name: grep\n            regex: log x\n"), true],
  ["a processor without a name", processors("        logs:\n          - action: insert\n"), false],
  ["a processor with a misspelled name", processors("        logs:\n          - name: content_modifer\n"), false],
  ["processors of another kind", processors(`        log:\n${modifier}`), false],
  ["processors that are not a list", processors("        logs: x\n"), false],
  ["a control character", `${yaml}      alias: "a\u0001"\n`, false],
  ["a control character that is escaped", `${yaml}      alias: "a\\u0001"\n`, true],
  ["letters of other languages", `${yaml}      alias: ümläut 🎉\n`, true],
  ["YAML 1.2", `%YAML 1.2\n---\n${yaml}`, true],
  ["YAML 1.3", `%YAML 1.3\n---\n${yaml}`, false],
  ["an unknown directive", `%NEW x\n---\n${yaml}`, false],
  ["a line with only a tab", `${yaml}\t\n`, false],
  ["a tab before a comment", `\t# why\n${yaml}`, false],
  ["a tab after a colon", `${yaml}      alias:\tx\t# why\n`, true],
  ["a tab in a text of several lines", `${yaml}      alias: |\n        a\n        \t\n`, true],
  ["a bare * for the match", yaml.replace("'*'", "*"), false],
  ["includes twice", "includes:\n  - parts/one.yaml\n  - parts/one.yaml\n", false],
  ["includes of nothing", `includes:\n  - parts/none.yaml\n${yaml}`, false],
  ["includes that are not a list", `includes: parts/one.yaml\n${yaml}`, false],
  ["an unknown part of the pipeline", yaml.replace("outputs", "output"), false],
  ["outputs that are not a list", "pipeline:\n  outputs:\n", false],
  ["a map for a value", `${yaml}      alias:\n        a: b\n`, false],
  ["an alias", `env:\n  a: &a b\n${yaml}      alias: *a\n`, false],
  ["a second service", `service:\n  flush: 1\nservice:\n  flush: 1\n${yaml}`, false],
  ["a map in the service", `service:\n  flush:\n    a: 1\n${yaml}`, false],
  ["invalid YAML", `${yaml}   x: [\n`, false],
  ["no name", yaml.replace("- name: kinesis", "- alias: a"), false],
];

const cases = [...classic.map((each) => ["main.conf", ...each] as const), ...inYaml.map((each) => ["main.yaml", ...each] as const)];
const refusals = new Set([
  ...["form", "no-name", "flush", "log-level", "storage-limit", "tls"],
  ...["plugin-name", "filter-match", "input-value", "missing-file", "stack-size", "net"],
]);

describe("the check", () => {
  it.each(cases)("accepts or rejects %s with %s as expected", async (name, _, text, isFine) => {
    const { findings } = await check(files.write(name, text), {});
    const refused = findings.filter(({ severity, rule }) => severity === "error" && refusals.has(rule));
    expect(refused.length === 0).toBe(isFine);
  });
});

describe.skipIf(program === "" || !existsSync(PLUGIN))("Fluent Bit", () => {
  it.each(cases)("accepts or rejects %s with %s as expected", async (name, _, text, isFine) => {
    files.write(name, text);
    const child = new Child(program, ["-e", PLUGIN, "-c", name, "--dry-run"], { cwd: files.folder, env: pluginEnvironment() });
    const { status } = await child.ended;
    expect({ isFine: status === 0, output: child.output }).toEqual({ isFine, output: child.output });
  });
});
