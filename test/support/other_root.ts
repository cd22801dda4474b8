// The host program under another root: a folder that holds another Linux, of which it sees the files and nothing else.
import { tmpdir } from "node:os";
import path from "node:path";
import { type Environment, pluginEnvironment } from "./environment.js";
import { buildHost, type HostProgram } from "./host_program.js";

// In a mount namespace of its own, so that nothing stays mounted, however it ends; `exec` all the way, so that signals
// reach the host itself. Behind the root come pairs of folders, outside and inside, then "--" and the command.
const enter = `set -e
root=$1; shift
mkdir -p "$root/proc"; mount -t proc proc "$root/proc"
while [ "$1" != -- ]; do mkdir -p "$root$2"; mount --bind "$1" "$root$2"; shift 2; done
shift
exec chroot "$root" "$@"`;

const temporary = tmpdir();
const PLUGIN_FOLDER = "/opt/kinesis";

/** A host program that was compiled here, and how the other Linux starts it. */
export interface ForeignHost {
  readonly program: string;
  /** Path under the other root of an emulator of its machine. */
  readonly emulator?: string;
}

/** What of this machine's environment would mislead in another root. */
const ENVIRONMENT: Environment = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/",
  TMPDIR: undefined,
  KINESIS_RUNTIME: undefined,
  KINESIS_NODE: undefined,
  KINESIS_LIBNODE: undefined,
  LD_LIBRARY_PATH: undefined,
};

/** How a program is started in another root. */
export interface OtherRoot {
  readonly command: string;
  /** Come before the program and its own arguments. */
  readonly args: readonly string[];
  readonly environment: Environment;
  /** The path there of a file of this machine. */
  inside(file: string): string;
}

/**
 * Another root, which sees this machine's folder for temporary files, and some folders more.
 * @param root folder of the other Linux
 * @param mounted pairs of a folder of this machine and its place there
 */
export function inOtherRoot(root: string, mounted: readonly (readonly [string, string])[]): OtherRoot {
  const folders = [...mounted, [temporary, "/tmp"] as const];
  return {
    command: "/usr/bin/unshare",
    args: ["--mount", "sh", "-c", enter, "sh", root, ...folders.flat(), "--"],
    environment: ENVIRONMENT,
    inside(file) {
      for (const [outer, inner] of folders) if (file.startsWith(`${outer}/`)) return inner + file.slice(outer.length);
      throw new Error(`${file} cannot be seen under ${root}`);
    },
  };
}

/**
 * A host program with the libraries of the other root, whose glibc must be no older than the program needs.
 * Only root can start it.
 * @param root folder of the other Linux
 * @param plugin path of a kinesis.so on this machine; its folder is seen too
 * @param environment what the other Linux has, on top of what every host gets
 * @param foreign another host program than this machine's own
 */
export async function otherRootHost(
  root: string,
  plugin: string,
  environment: Environment = {},
  foreign?: ForeignHost,
): Promise<HostProgram> {
  const host = foreign?.program ?? (await buildHost());
  const emulator = foreign?.emulator === undefined ? [] : [foreign.emulator];
  const other = inOtherRoot(root, [[path.dirname(plugin), PLUGIN_FOLDER], [path.dirname(host), "/opt/host"]]);
  return {
    command: other.command,
    args: [...other.args, ...emulator, other.inside(host)],
    plugin,
    environment: (extra) => pluginEnvironment({ ...other.environment, ...environment, ...extra }),
    pathOf: (file) => other.inside(file),
  };
}
