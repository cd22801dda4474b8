// A Kinesis on this machine that keeps each accepted record, and throttles records that the test chooses.
import type { ReceivedRecord } from "./kinesis_local.js";
import { ScriptedService, type ServedRequest, type ServiceSettings } from "./scripted_service.js";

/** Position of each record: there is one shard. */
const PLACE = { sequenceNumber: "1", shardId: "shardId-000000000000" };

interface PutRecordsBody {
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

export class RecordingKinesis {
  readonly taken: ReceivedRecord[] = [];
  /** Returns whether a record is throttled, by its data. */
  isThrottled: (data: string) => boolean = () => false;
  #service: ScriptedService | undefined;

  static async start(settings: ServiceSettings = {}): Promise<RecordingKinesis> {
    const kinesis = new RecordingKinesis();
    kinesis.#service = await ScriptedService.start((request) => kinesis.#answer(request), settings);
    return kinesis;
  }

  get endpoint(): string {
    return this.#service?.endpoint ?? "";
  }

  async destroy(): Promise<void> {
    await this.#service?.stop();
  }

  #answer({ body }: ServedRequest): { readonly body: string } {
    const results = (JSON.parse(body) as PutRecordsBody).Records.map(({ Data, PartitionKey }) => {
      const data = Buffer.from(Data, "base64");
      if (this.isThrottled(data.toString("utf8"))) return { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };
      this.taken.push({ data, partitionKey: PartitionKey, ...PLACE });
      return { SequenceNumber: PLACE.sequenceNumber, ShardId: PLACE.shardId };
    });
    const failed = results.filter((result) => "ErrorCode" in result).length;
    return { body: JSON.stringify({ FailedRecordCount: failed, Records: results }) };
  }
}
