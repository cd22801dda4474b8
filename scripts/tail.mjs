// `npm run tail`: runs scripts/tail/main.ts.
import { importTypeScript } from "./typescript_command.mjs";

const { main } = await importTypeScript("scripts/tail/main.ts", "tail");
await main(process.argv.slice(2), "npm run tail --");
