// Starts the host program under another root: a folder with another Linux, and no other files.
import { tmpdir } from "node:os";
import path from "node:path";
import { type Environment, pluginEnvironment } from "./environment.js";
import { buildHost, type HostProgram } from "./host_program.js";

// In a separate mount namespace, so that nothing stays mounted after any kind of end; `exec` throughout, so that signals
// reach the host itself. After the root come pairs of folders, outside and inside, then "--" and the command.
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
  /** Path under the other root of an emulator for its machine. */
  readonly emulator?: string;
}

/** Overrides for variables of this machine that are wrong in another root. */
const ENVIRONMENT: Environment = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/",
  TMPDIR: undefined,
  KINESIS_RUNTIME: undefined,
  KINESIS_NODE: undefined,
  KINESIS_LIBNODE: undefined,
  LD_LIBRARY_PATH: undefined,
};

/** How to start a program in another root. */
export interface OtherRoot {
  readonly command: string;
  /** Arguments before the program and its own arguments. */
  readonly args: readonly string[];
  readonly environment: Environment;
  /** Returns the path there of a file of this machine. */
  inside(file: string): string;
}

/**
 * Returns another root, which sees this machine's folder for temporary files, and the given folders.
 * @param root folder of the other Linux
 * @param mounted pairs of a folder of this machine and its path there
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
 * Returns a host program with the libraries of the other root, whose glibc must be no older than the program needs.
 * Only root can start it.
 * @param root folder of the other Linux
 * @param plugin path of a kinesis.so on this machine; its folder is mounted too
 * @param environment variables of the other Linux, in addition to those of every host
 * @param foreign a host program other than this machine's
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
