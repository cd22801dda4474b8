/** The tool that checks a configuration: wires the arguments, the rules, the questions to AWS and the report. */
import { UsageError, usageStatus, wantsColours } from "../command_line.js";
import { type CheckSettings, help, readArguments } from "./arguments.js";
import { check } from "./check.js";
import { readEnvironmentFile } from "./environment_file.js";
import { sorted, withoutRepeats } from "./findings.js";
import { foundVersion, namedVersion } from "./host_version.js";
import { askLive, type Live } from "./live.js";
import { jsonReport, type LiveOutput, textReport } from "./report.js";

const errorStatus = 1;
const notAsked: Live = { credentials: undefined, facts: ["not asked for, since its options are wrong or not known here"], findings: [] };

/**
 * Runs the command; sets the status with which the process ends when all is written.
 * @param command how it is called
 */
export async function main(args: readonly string[], command: string): Promise<void> {
  // Whoever closed the pipe does not want the rest.
  process.stdout.on("error", () => undefined);
  try {
    const settings = readArguments(args, command);
    if (settings === "help") process.stdout.write(help(command));
    else process.exitCode = await report(settings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`check: ${error.message}\n${command} --help tells all options\n`);
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
    // Of an included file it is among the findings.
    if (error instanceof Error && "syscall" in error) throw new UsageError(`${file} cannot be read: ${error.message}`);
    throw error;
  });
  const hasGoodEnvironment = !findings.some(({ severity, rule }) => severity === "error" && rule === "environment");
  const live: LiveOutput[] = [];
  for (const { output, options } of settings.live && hasGoodEnvironment ? outputs : []) {
    const { place } = output;
    const { config, isGood } = options;
    const asked = isGood && config !== undefined ? await askLive(output, config, environment) : notAsked;
    live.push({ place, ...asked });
  }
  const all = sorted(withoutRepeats([...findings, ...live.flatMap((asked) => asked.findings)]));
  const isColoured = wantsColours(process.env, process.stdout.isTTY);
  const counts = { outputs: outputs.length, version };
  process.stdout.write(json ? jsonReport(all, live, counts) : textReport(all, live, counts, isColoured));
  return all.some(({ severity }) => severity === "error") ? errorStatus : 0;
}
