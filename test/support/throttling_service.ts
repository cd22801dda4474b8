// A Kinesis that throttles a part of each request while the test wants it, and keeps the accepted records.
import type { ReceivedRecord } from "./kinesis_local.js";
import { ScriptedService, type ServedResponse, type ServedRequest } from "./scripted_service.js";

interface PutRecordsBody {
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

const shardId = "shardId-000000000000";
const throttled = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };

export class ThrottlingService {
  /** While true, the first record of each request and every third one after it are throttled. */
  isThrottling = true;
  readonly received: ReceivedRecord[] = [];
  #service: ScriptedService | undefined;

  static async start(): Promise<ThrottlingService> {
    const throttling = new ThrottlingService();
    throttling.#service = await ScriptedService.start((request) => throttling.#answer(request));
    return throttling;
  }

  get endpoint(): string {
    return this.#service?.endpoint ?? "";
  }

  async destroy(): Promise<void> {
    await this.#service?.stop();
  }

  #answer({ body }: ServedRequest): ServedResponse {
    const { Records: records } = JSON.parse(body) as PutRecordsBody;
    const results = records.map(({ Data: data, PartitionKey: partitionKey }, index) => {
      if (this.isThrottling && index % 3 === 0) return throttled;
      const sequenceNumber = String(this.received.length + 1);
      this.received.push({ shardId, partitionKey, sequenceNumber, data: Buffer.from(data, "base64") });
      return { SequenceNumber: sequenceNumber, ShardId: shardId };
    });
    const failed = results.filter((result) => result === throttled).length;
    return { body: JSON.stringify({ FailedRecordCount: failed, Records: results }) };
  }
}
