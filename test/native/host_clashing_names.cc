// Exports names that Fluent Bit 5.1 exports too, of libraries that Node.js 18 to 24 bring. A call of any ends the
// process, since an embedded Node has to use its own.
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

// clang-format off
// c-ares and nghttp2: separate libraries in most distributions.
#define ARES_NAMES(X) \
  X(ares_cancel) X(ares_destroy) X(ares_dns_write) X(ares_free_data) X(ares_free_hostent) X(ares_free_string) \
  X(ares_get_servers_ports) X(ares_gethostbyaddr) X(ares_init_options) X(ares_library_cleanup) \
  X(ares_library_init) X(ares_parse_ptr_reply) X(ares_process_fd) X(ares_query) X(ares_query_dnsrec) \
  X(ares_set_local_ip4) X(ares_set_local_ip6) X(ares_set_servers) X(ares_set_servers_ports) X(ares_strerror)
#define NGHTTP2_NAMES(X) \
  X(nghttp2_is_fatal) X(nghttp2_pack_settings_payload) X(nghttp2_priority_spec_init) X(nghttp2_rcbuf_decref) \
  X(nghttp2_rcbuf_get_buf) X(nghttp2_rcbuf_incref) X(nghttp2_rcbuf_is_static) X(nghttp2_session_callbacks_del) \
  X(nghttp2_session_callbacks_new) X(nghttp2_session_callbacks_set_error_callback2) \
  X(nghttp2_session_callbacks_set_on_begin_headers_callback) \
  X(nghttp2_session_callbacks_set_on_data_chunk_recv_callback) \
  X(nghttp2_session_callbacks_set_on_frame_not_send_callback) \
  X(nghttp2_session_callbacks_set_on_frame_recv_callback) X(nghttp2_session_callbacks_set_on_frame_send_callback) \
  X(nghttp2_session_callbacks_set_on_header_callback2) \
  X(nghttp2_session_callbacks_set_on_invalid_frame_recv_callback) \
  X(nghttp2_session_callbacks_set_on_invalid_header_callback2) \
  X(nghttp2_session_callbacks_set_on_stream_close_callback) \
  X(nghttp2_session_callbacks_set_select_padding_callback) X(nghttp2_session_callbacks_set_send_data_callback) \
  X(nghttp2_session_change_stream_priority) X(nghttp2_session_client_new3) X(nghttp2_session_consume_connection) \
  X(nghttp2_session_consume_stream) X(nghttp2_session_del) X(nghttp2_session_find_stream) \
  X(nghttp2_session_get_effective_local_window_size) X(nghttp2_session_get_effective_recv_data_length) \
  X(nghttp2_session_get_hd_deflate_dynamic_table_size) X(nghttp2_session_get_hd_inflate_dynamic_table_size) \
  X(nghttp2_session_get_last_proc_stream_id) X(nghttp2_session_get_local_settings) \
  X(nghttp2_session_get_local_window_size) X(nghttp2_session_get_next_stream_id) \
  X(nghttp2_session_get_outbound_queue_size) X(nghttp2_session_get_remote_settings) \
  X(nghttp2_session_get_remote_window_size) X(nghttp2_session_get_stream_local_close) \
  X(nghttp2_session_get_stream_local_window_size) X(nghttp2_session_get_stream_remote_close) \
  X(nghttp2_session_mem_recv) X(nghttp2_session_mem_send) X(nghttp2_session_resume_data) \
  X(nghttp2_session_server_new3) X(nghttp2_session_set_local_window_size) X(nghttp2_session_set_next_stream_id) \
  X(nghttp2_session_terminate_session) X(nghttp2_session_want_read) X(nghttp2_session_want_write) \
  X(nghttp2_stream_get_state) X(nghttp2_stream_get_sum_dependency_weight) X(nghttp2_stream_get_weight) \
  X(nghttp2_strerror) X(nghttp2_submit_altsvc) X(nghttp2_submit_data) X(nghttp2_submit_goaway) \
  X(nghttp2_submit_headers) X(nghttp2_submit_origin) X(nghttp2_submit_ping) X(nghttp2_submit_priority) \
  X(nghttp2_submit_push_promise) X(nghttp2_submit_request) X(nghttp2_submit_response) \
  X(nghttp2_submit_rst_stream) X(nghttp2_submit_settings) X(nghttp2_submit_trailer)
// simdutf: a part of libnode from Node.js 20 on.
#define SIMDUTF_NAMES(X) \
  X(_ZN7simdutf10count_utf8EPKcm) X(_ZN7simdutf11count_utf16EPKDsm) X(_ZN7simdutf12match_systemENS_10endiannessE) \
  X(_ZN7simdutf13count_utf16beEPKDsm) X(_ZN7simdutf13count_utf16leEPKDsm) X(_ZN7simdutf13validate_utf8EPKcm) \
  X(_ZN7simdutf14validate_asciiEPKcm) X(_ZN7simdutf14validate_utf16EPKDsm) X(_ZN7simdutf14validate_utf32EPKDim) \
  X(_ZN7simdutf16base64_to_binaryEPKDsmPcm) X(_ZN7simdutf16base64_to_binaryEPKcmPcm) \
  X(_ZN7simdutf16binary_to_base64EPKcmPcm) X(_ZN7simdutf16detect_encodingsEPKcm) \
  X(_ZN7simdutf16validate_utf16beEPKDsm) X(_ZN7simdutf16validate_utf16leEPKDsm) \
  X(_ZN7simdutf17trim_partial_utf8EPKcm) X(_ZN7simdutf18trim_partial_utf16EPKDsm) \
  X(_ZN7simdutf19autodetect_encodingEPKcm) X(_ZN7simdutf20trim_partial_utf16beEPKDsm) \
  X(_ZN7simdutf20trim_partial_utf16leEPKDsm) X(_ZN7simdutf21base64_to_binary_safeEPKDsmPcRmm) \
  X(_ZN7simdutf21base64_to_binary_safeEPKcmPcRmm) X(_ZN7simdutf21convert_utf16_to_utf8EPKDsmPc) \
  X(_ZN7simdutf21convert_utf32_to_utf8EPKDimPc) X(_ZN7simdutf21convert_utf8_to_utf16EPKcmPDs) \
  X(_ZN7simdutf21convert_utf8_to_utf32EPKcmPDi) X(_ZN7simdutf22convert_latin1_to_utf8EPKcmPc) \
  X(_ZN7simdutf22convert_utf16_to_utf32EPKDsmPDi) X(_ZN7simdutf22convert_utf32_to_utf16EPKDimPDs) \
  X(_ZN7simdutf22convert_utf8_to_latin1EPKcmPc) X(_ZN7simdutf22utf16_length_from_utf8EPKcm) \
  X(_ZN7simdutf22utf32_length_from_utf8EPKcm) X(_ZN7simdutf22utf8_length_from_utf16EPKDsm) \
  X(_ZN7simdutf22utf8_length_from_utf32EPKDim) X(_ZN7simdutf23change_endianness_utf16EPKDsmPDs) \
  X(_ZN7simdutf23convert_latin1_to_utf16EPKcmPDs) X(_ZN7simdutf23convert_latin1_to_utf32EPKcmPDi) \
  X(_ZN7simdutf23convert_utf16_to_latin1EPKDsmPc) X(_ZN7simdutf23convert_utf16be_to_utf8EPKDsmPc) \
  X(_ZN7simdutf23convert_utf16le_to_utf8EPKDsmPc) X(_ZN7simdutf23convert_utf32_to_latin1EPKDimPc) \
  X(_ZN7simdutf23convert_utf8_to_utf16beEPKcmPDs) X(_ZN7simdutf23convert_utf8_to_utf16leEPKcmPDs) \
  X(_ZN7simdutf23latin1_length_from_utf8EPKcm) X(_ZN7simdutf23utf16_length_from_utf32EPKDim) \
  X(_ZN7simdutf23utf32_length_from_utf16EPKDsm) X(_ZN7simdutf23utf8_length_from_latin1EPKcm) \
  X(_ZN7simdutf24convert_utf16be_to_utf32EPKDsmPDi) X(_ZN7simdutf24convert_utf16le_to_utf32EPKDsmPDi) \
  X(_ZN7simdutf24convert_utf32_to_utf16beEPKDimPDs) X(_ZN7simdutf24convert_utf32_to_utf16leEPKDimPDs) \
  X(_ZN7simdutf24latin1_length_from_utf16Em) X(_ZN7simdutf24latin1_length_from_utf32Em) \
  X(_ZN7simdutf24utf16_length_from_latin1Em) X(_ZN7simdutf24utf8_length_from_utf16beEPKDsm) \
  X(_ZN7simdutf24utf8_length_from_utf16leEPKDsm) X(_ZN7simdutf25base64_length_from_binaryEmm) \
  X(_ZN7simdutf25convert_latin1_to_utf16beEPKcmPDs) X(_ZN7simdutf25convert_latin1_to_utf16leEPKcmPDs) \
  X(_ZN7simdutf25convert_utf16be_to_latin1EPKDsmPc) X(_ZN7simdutf25convert_utf16le_to_latin1EPKDsmPc) \
  X(_ZN7simdutf25utf32_length_from_utf16beEPKDsm) X(_ZN7simdutf25utf32_length_from_utf16leEPKDsm) \
  X(_ZN7simdutf25validate_utf8_with_errorsEPKcm) X(_ZN7simdutf26validate_ascii_with_errorsEPKcm) \
  X(_ZN7simdutf26validate_utf16_with_errorsEPKDsm) X(_ZN7simdutf26validate_utf32_with_errorsEPKDim) \
  X(_ZN7simdutf27convert_latin1_to_utf8_safeEPKcmPcm) X(_ZN7simdutf27convert_valid_utf16_to_utf8EPKDsmPc) \
  X(_ZN7simdutf27convert_valid_utf32_to_utf8EPKDimPc) X(_ZN7simdutf27convert_valid_utf8_to_utf16EPKcmPDs) \
  X(_ZN7simdutf27convert_valid_utf8_to_utf32EPKcmPDi) X(_ZN7simdutf28convert_valid_utf16_to_utf32EPKDsmPDi) \
  X(_ZN7simdutf28convert_valid_utf32_to_utf16EPKDimPDs) X(_ZN7simdutf28convert_valid_utf8_to_latin1EPKcmPc) \
  X(_ZN7simdutf28validate_utf16be_with_errorsEPKDsm) X(_ZN7simdutf28validate_utf16le_with_errorsEPKDsm) \
  X(_ZN7simdutf29convert_valid_utf16_to_latin1EPKDsmPc) X(_ZN7simdutf29convert_valid_utf16be_to_utf8EPKDsmPc) \
  X(_ZN7simdutf29convert_valid_utf16le_to_utf8EPKDsmPc) X(_ZN7simdutf29convert_valid_utf8_to_utf16beEPKcmPDs) \
  X(_ZN7simdutf29convert_valid_utf8_to_utf16leEPKcmPDs) X(_ZN7simdutf30convert_valid_utf16be_to_utf32EPKDsmPDi) \
  X(_ZN7simdutf30convert_valid_utf16le_to_utf32EPKDsmPDi) X(_ZN7simdutf30convert_valid_utf32_to_utf16beEPKDimPDs) \
  X(_ZN7simdutf30convert_valid_utf32_to_utf16leEPKDimPDs) X(_ZN7simdutf31convert_valid_utf16be_to_latin1EPKDsmPc) \
  X(_ZN7simdutf31convert_valid_utf16le_to_latin1EPKDsmPc) \
  X(_ZN7simdutf33convert_utf16_to_utf8_with_errorsEPKDsmPc) \
  X(_ZN7simdutf33convert_utf32_to_utf8_with_errorsEPKDimPc) \
  X(_ZN7simdutf33convert_utf8_to_utf16_with_errorsEPKcmPDs) \
  X(_ZN7simdutf33convert_utf8_to_utf32_with_errorsEPKcmPDi) \
  X(_ZN7simdutf33maximal_binary_length_from_base64EPKDsm) X(_ZN7simdutf33maximal_binary_length_from_base64EPKcm) \
  X(_ZN7simdutf34convert_utf16_to_utf32_with_errorsEPKDsmPDi) \
  X(_ZN7simdutf34convert_utf32_to_utf16_with_errorsEPKDimPDs) \
  X(_ZN7simdutf34convert_utf8_to_latin1_with_errorsEPKcmPc) \
  X(_ZN7simdutf35convert_utf16_to_latin1_with_errorsEPKDsmPc) \
  X(_ZN7simdutf35convert_utf16be_to_utf8_with_errorsEPKDsmPc) \
  X(_ZN7simdutf35convert_utf16le_to_utf8_with_errorsEPKDsmPc) \
  X(_ZN7simdutf35convert_utf8_to_utf16be_with_errorsEPKcmPDs) \
  X(_ZN7simdutf35convert_utf8_to_utf16le_with_errorsEPKcmPDs) \
  X(_ZN7simdutf36convert_utf16be_to_utf32_with_errorsEPKDsmPDi) \
  X(_ZN7simdutf36convert_utf16le_to_utf32_with_errorsEPKDsmPDi) \
  X(_ZN7simdutf36convert_utf32_to_utf16be_with_errorsEPKDimPDs) \
  X(_ZN7simdutf36convert_utf32_to_utf16le_with_errorsEPKDimPDs) \
  X(_ZN7simdutf37convert_utf16be_to_latin1_with_errorsEPKDsmPc) \
  X(_ZN7simdutf37convert_utf16le_to_latin1_with_errorsEPKDsmPc) \
  X(_ZN7simdutf3BOM13bom_byte_sizeENS_13encoding_typeE) X(_ZN7simdutf3BOM9check_bomEPKcm) \
  X(_ZN7simdutf3BOM9check_bomEPKhm)
// clang-format on

namespace {

[[noreturn]] void end_as_called(const char *name) {
  for (const char *part : {"host: the host's own ", name, " was called in place of libnode's\n"}) {
    (void)!write(STDERR_FILENO, part, strlen(part));
  }
  abort();
}

}  // namespace

#define CLASH(name) \
  extern "C" __attribute__((visibility("default"))) void name() { end_as_called(#name); }
ARES_NAMES(CLASH)
NGHTTP2_NAMES(CLASH)
SIMDUTF_NAMES(CLASH)
