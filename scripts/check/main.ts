/** Runs the tool that checks a configuration: arguments, rules, calls to AWS, report. */
import { UsageError, usageStatus, wantsColours } from "../command_line.js";
import { type CheckSettings, help, readArguments } from "./arguments.js";
import { check } from "./check.js";
import { readEnvironmentFile } from "./environment_file.js";
import { sorted, withoutRepeats } from "./findings.js";
import { foundVersion, namedVersion } from "./host_version.js";
import { queryStream, type Live } from "./live.js";
import { jsonReport, type LiveOutput, textReport } from "./report.js";

const errorStatus = 1;
const notQueried: Live = { credentials: undefined, facts: ["not checked: its options are invalid or not known here"], findings: [] };

/**
 * Runs the command; sets the exit status, with which the process ends when all output is written.
 * @param command how it is called
 */
export async function main(args: readonly string[], command: string): Promise<void> {
  // Ignores EPIPE: a reader such as `head` may close the pipe early.
  process.stdout.on("error", () => undefined);
  try {
    const settings = readArguments(args, command);
    if (settings === "help") process.stdout.write(help(command));
    else process.exitCode = await report(settings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`check: ${error.message}\n${command} --help lists all options\n`);
    process.exitCode = usageStatus;
  }
}

async function report(settings: CheckSettings): Promise<number> {
  const { file, json } = settings;
  const environment = settings.environmentFile === undefined ? process.env : { ...process.env, ...readEnvironmentFile(settings.environmentFile) };
  const { findings, outputs, version } = await check(file, environment, {
    named: settings.fluentBit === undefined ? undefined : namedVersion(settings.fluentBit),
    found: () => foundVersion(process.env),
  }).catch((error: unknown) => {
    // An unreadable included file is a finding; only the main file's error comes here.
    if (error instanceof Error && "syscall" in error) throw new UsageError(`${file} cannot be read: ${error.message}`);
    throw error;
  });
  const hasGoodEnvironment = !findings.some(({ severity, rule }) => severity === "error" && rule === "environment");
  const live: LiveOutput[] = [];
  for (const { output, options } of settings.live && hasGoodEnvironment ? outputs : []) {
    const { place } = output;
    const { config, isGood } = options;
    const queried = isGood && config !== undefined ? await queryStream(output, config, environment) : notQueried;
    live.push({ place, ...queried });
  }
  const all = sorted(withoutRepeats([...findings, ...live.flatMap((queried) => queried.findings)]));
  const isColoured = wantsColours(process.env, process.stdout.isTTY);
  const counts = { outputs: outputs.length, version };
  process.stdout.write(json ? jsonReport(all, live, counts) : textReport(all, live, counts, isColoured));
  return all.some(({ severity }) => severity === "error") ? errorStatus : 0;
}
