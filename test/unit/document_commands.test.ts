/** Tests that the commands in the documents can be run: their targets, scripts, tools, options, variables and files exist. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { optionNames } from "../../src/options/table.js";
import { readArguments as readCheckArguments } from "../../scripts/check/arguments.js";
import { readArguments as readResendArguments } from "../../scripts/resend/arguments.js";
import { readArguments as readTailArguments } from "../../scripts/tail/arguments.js";
import { readArguments as readWatchArguments } from "../../scripts/watch/arguments.js";
import { codeLinesOf, documents, textOf } from "../support/documents.js";
import { ROOT } from "../support/plugin_host.js";

const makefile = readFileSync(path.join(ROOT, "Makefile"), "utf8");
const targets = [...makefile.replaceAll("\\\n", " ").matchAll(/^\.PHONY: (.*)$/gmu)].flatMap(([, names = ""]) => names.trim().split(/\s+/u));
const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { readonly scripts: Readonly<Record<string, string>> };

/** Files and folders of the project, relative to its root. */
const files = ["docs", "examples", "native", "scripts", "src", "test"].flatMap((folder) => [
  folder,
  ...readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
]);

/** All names in capitals that occur in the Makefile, the scripts, the tests or the plugin, and so may be variables. */
const variables = new Set(
  ["Makefile", ...files.filter((file) => /^(?:native|scripts|src|test)\/.*\.(?:ts|mjs|sh|cc|h)$/u.test(file) && !file.endsWith("document_commands.test.ts"))]
    .filter((file) => statSync(path.join(ROOT, file)).isFile())
    .flatMap((file) => readFileSync(path.join(ROOT, file), "utf8").match(/\b[A-Z][A-Z0-9_]{2,}\b/gu) ?? []),
);

/** The argument parser of each tool. */
const readers: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  check: (args) => readCheckArguments(args),
  resend: (args) => readResendArguments(args),
  tail: (args) => readTailArguments(args, 0),
  watch: (args) => readWatchArguments(args, "kinesis-watch"),
};

const tools = Object.keys(readers);

/** A command, with assignments (NAME=value) before it. */
const withVariables = /^((?:[A-Z][A-Z0-9_]*=\S+ )*)(make|npm|npx|node|kinesis-\w+|fluent-bit)((?: .*)?)$/u;

function wordsOf(text: string): string[] {
  return (text.match(/'[^']*'|"[^"]*"|\S+/gu) ?? []).map((word) => word.replaceAll(/^['"]|['"]$/gu, ""));
}

/** Returns the faults in one line of code, as sentences; none for a line that is not a command of the project. */
function faultsIn(line: string): string[] {
  const [, before = "", program = "", rest = ""] = withVariables.exec(line) ?? [];
  const words = wordsOf(rest);
  const assigned = [...wordsOf(before), ...(program === "make" ? words : [])].filter((word) => /^[A-Z][A-Z0-9_]*=/u.test(word));
  const unread = assigned.map((word) => word.slice(0, word.indexOf("="))).filter((name) => !variables.has(name));
  return [...unread.map((name) => `nothing reads ${name}`), ...faultsOf(program, words)];
}

function faultsOf(program: string, words: readonly string[]): string[] {
  const [first = ""] = words;
  if (program === "make") return words.filter((word) => !word.includes("=") && !targets.includes(word)).map((word) => `there is no target ${word}`);
  if (program === "npm" && first === "run") return faultsOfScript(words.slice(1).filter((word) => word !== "--silent"));
  if (program === "npx" && first === "vitest") return words.filter((word) => word.startsWith("test/") && !existsSync(path.join(ROOT, word))).map((word) => `there is no ${word}`);
  const named = /^tools[/\\](\w+)\.mjs$/u.exec(first)?.[1];
  if (program === "node" && named !== undefined) return faultsOfTool(named, words.slice(1));
  // A single word may name something else, such as a thread or a package.
  if (program.startsWith("kinesis-") && words.length > 0) return faultsOfTool(program.slice("kinesis-".length), words);
  if (program === "fluent-bit" && words.includes("kinesis")) return faultsOfProperties(words);
  return [];
}

function faultsOfScript([name = "", separator, ...args]: readonly string[]): string[] {
  if (!(name in scripts)) return [`package.json has no script ${name}`];
  if (!tools.includes(name) || separator === undefined) return [];
  return separator === "--" ? faultsOfTool(name, args) : [`npm takes ${separator} as its own argument: -- is missing`];
}

function faultsOfTool(name: string, args: readonly string[]): string[] {
  if (!tools.includes(name)) return [`there is no tool ${name}`];
  if (args.length === 0) return [];
  try {
    readers[name]?.(args);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

function faultsOfProperties(words: readonly string[]): string[] {
  const keys = words.flatMap((word, at) => (words[at - 1] === "-p" ? [word.split("=")[0] ?? ""] : []));
  return keys.filter((key) => !(optionNames as readonly string[]).includes(key)).map((key) => `the plugin has no option ${key}`);
}

/** Returns whether a file is known: by its path, by the end of its path, by the beginning of a test's path, or from a package. */
function isKnown(name: string): boolean {
  return files.some((file) => file === name || file.endsWith(`/${name}`) || (name.startsWith("test/") && file.startsWith(name))) || name === "examples/plugins.conf";
}

describe("a fault in a command", () => {
  it.each([
    ["make tset", "there is no target tset"],
    ["make release libnodes", "there is no target libnodes"],
    ["make demo LOGFILE=x", "nothing reads LOGFILE"],
    ["FLUENTBIT=/usr/bin/fluent-bit make test", "nothing reads FLUENTBIT"],
    ["npm run chek -- fluent-bit.conf", "package.json has no script chek"],
    ["npm run check fluent-bit.conf", "npm takes fluent-bit.conf as its own argument: -- is missing"],
    ["npm run --silent tail -- --stram my-stream", "UsageError: unknown option --stram; did you mean --stream?"],
    ["npx vitest run test/units", "there is no test/units"],
    ["node tools/checks.mjs fluent-bit.conf", "there is no tool checks"],
    ["kinesis-tails my-stream", "there is no tool tails"],
    ["kinesis-check fluent-bit.conf --lve", "UsageError: unknown option --lve; did you mean --live?"],
    ["fluent-bit -e kinesis.so -i cpu -o kinesis -p regoin=us-west-2", "the plugin has no option regoin"],
  ])("is found in %s", (line, fault) => {
    expect(faultsIn(line)).toEqual([fault]);
  });

  it.each(["make", "make package BUNDLE_LIBNODE=1", "kinesis-local", "fluent-bit -i cpu -o null -p x=y", "git make g++"])("is not found in %s", (line) => {
    expect(faultsIn(line)).toEqual([]);
  });
});

describe.each(documents)("%s", (document) => {
  const lines = codeLinesOf(textOf(document));

  it("has commands that can be run", () => {
    expect(lines.flatMap((line) => faultsIn(line).map((fault) => `${line}: ${fault}`))).toEqual([]);
  });

  it("names files and folders that exist", () => {
    const named = lines.flatMap((line) => line.match(/(?<![\w/.:<-])(?:docs|examples|native|scripts|src|test)\/[\w./*-]*\w/gu) ?? []);
    expect(named.filter((name) => !name.includes("*") && !isKnown(name))).toEqual([]);
  });
});
