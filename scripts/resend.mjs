// `npm run resend`: runs scripts/resend/main.ts.
import { importTypeScript } from "./typescript_command.mjs";

const { main } = await importTypeScript("scripts/resend/main.ts", "resend");
await main(process.argv.slice(2), "npm run resend --");
