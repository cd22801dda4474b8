// Makes a ZIP archive without times, owners or modes of this machine. Equal files give equal bytes.
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

// The first day of the format. yazl writes local time, so this is the same in all time zones; the extended time field,
// which forceDosTimestamp omits, would be in UTC.
const sameEverywhere = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true, mode: 0o100644 };

/**
 * Returns a promise of the archive of `files` ({ name, data }), in that order; names have "/" between folders.
 * @throws Error for a name outside of the folder, and for a file over 1 GiB
 */
export function zip(files) {
  const archive = new ZipFile();
  for (const { name, data } of files) archive.addBuffer(data, name, { ...sameEverywhere, compressionLevel: 9 });
  archive.end();
  return buffer(archive.outputStream);
}
