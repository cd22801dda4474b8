/** Runs `make kinesis`: a Kinesis on this machine with one stream, until Ctrl-C, for tests without AWS. */
import { KinesisLocal, REGION } from "../test/support/kinesis_local.js";

const usualPort = 4568;
const stream = "my-stream";
const shards = 2;

/** Returns the instructions, which the README has too. */
function instructions(endpoint: string): string {
  const target = `region=${REGION} -p stream=${stream} -p endpoint=${endpoint}`;
  return `A Kinesis listens at ${endpoint}, with the stream ${stream} of ${shards} shards in ${REGION}. Ctrl-C ends it and deletes its records.

To send to it, in a second terminal:
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  fluent-bit -e bin/kinesis.so -i dummy -o kinesis -m '*' -p ${target}

To read what arrives, in a third:
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  npm run --silent tail -- --stream ${stream} --region ${REGION} --endpoint ${endpoint} --from trim-horizon
`;
}

function readPort(text: string): number {
  const port = Number(text === "" ? usualPort : text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error(`PORT=${text} is not a port; name one from 1 to 65535, or leave PORT out for ${usualPort}`);
}

try {
  const kinesis = await KinesisLocal.start({ port: readPort(process.argv[2] ?? "") });
  await kinesis.createStream(stream, shards);
  process.stdout.write(instructions(kinesis.endpoint));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void kinesis.stop().finally(() => process.exit(0));
    });
  }
  // Keeps the process running until a signal.
  setInterval(() => undefined, 2 ** 30);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
