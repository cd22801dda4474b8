// Times all stages of the work, in the order in which a record passes them.
import { type Case, type StageResult, timeCase } from "../stage.js";
import { aggregationCases } from "./aggregation.js";
import { compressionCases } from "./compression.js";
import { decodeCases } from "./decode.js";
import { jsonCases } from "./json.js";
import { optionCases } from "./options.js";
import { randomKeyCases } from "./random_key.js";
import { requestBodyCases } from "./request_body.js";
import { sendingCases } from "./sending.js";
import { timeKeyCases } from "./time_key.js";

type Progress = (result: StageResult) => void;

/**
 * Times the wanted cases one after another; the data of a stage is released before the next begins.
 * @param isWanted returns whether to time a case, by its stage and name
 */
export async function timeStages(isWanted: (timed: Case) => boolean, report: Progress): Promise<StageResult[]> {
  const results: StageResult[] = [];
  const time = async (cases: readonly Case[]): Promise<void> => {
    for (const timed of cases.filter(isWanted)) {
      const result = await timeCase(timed);
      results.push(result);
      report(result);
    }
  };
  await time(decodeCases());
  await time(jsonCases());
  await time(optionCases());
  await time(timeKeyCases());
  await time(randomKeyCases());
  await time(compressionCases());
  await time(aggregationCases());
  await time(await requestBodyCases());
  const { cases, close } = await sendingCases();
  await time(cases).finally(close);
  return results;
}
