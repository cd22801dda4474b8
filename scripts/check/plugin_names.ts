/** Lists the names of Fluent Bit's built-in plugins. Source: Fluent Bit 1.9 to 5.1, the registrations in plugins. */
import type { SectionKind } from "./configuration.js";

const words = (text: string): readonly string[] => text.trim().split(/\s+/u);

const filters = words(`alter_size aws checklist ecs expect geoip2 grep kubernetes log_to_metrics lua modify multiline nest nightfall parser
  record_modifier rewrite_tag stdout sysinfo tensorflow throttle throttle_size type_converter wasm`);

/** Names by kind; undefined for sections that are not plugins. */
export const pluginNames: Readonly<Record<SectionKind | "processor", readonly string[] | undefined>> = {
  input: words(`blob calyptia_fleet collectd cpu disk docker docker_events dummy ebpf elasticsearch emitter etw event_test event_tracing_windows
    event_type exec exec_wasi fluentbit_logs fluentbit_metrics forward gpu_metrics head health http kafka kmsg kubernetes_events lib mem mqtt
    netif nginx_metrics node_exporter_metrics opentelemetry podman_metrics proc process_exporter_metrics prometheus_remote_write
    prometheus_scrape prometheus_textfile random serial splunk statsd stdin storage_backlog stream_processor syslog systemd tail tcp thermal
    udp unix_socket windows_exporter_metrics winevtlog winlog winstat`),
  filter: filters,
  // With those of AWS's own Go plugins.
  output: words(`azure azure_blob azure_kusto azure_logs_ingestion bigquery calyptia chronicle cloudwatch cloudwatch_logs counter datadog es exit
    file firehose flowcounter forward gcs gelf http influxdb kafka kafka-rest kinesis kinesis_firehose kinesis_streams lib logdna loki nats nrlogs
    null opensearch opentelemetry oracle_log_analytics pgsql plot prometheus_exporter prometheus_remote_write retry s3 skywalking slack splunk
    stackdriver stdout syslog tcp td udp vivo_exporter websocket`),
  custom: ["calyptia"],
  // A filter works as a processor too.
  processor: [...words("attributes content_modifier cumulative_to_delta labels metrics_selector opentelemetry_envelope sampling sql tda template"), ...filters],
  service: undefined,
  other: undefined,
};
