// `npm run watch`: runs scripts/watch/main.ts.
import { importTypeScript } from "./typescript_command.mjs";

const { main } = await importTypeScript("scripts/watch/main.ts", "watch");
await main(process.argv.slice(2), "npm run watch --");
