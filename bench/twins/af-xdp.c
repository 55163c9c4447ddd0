#include "packet.h"

const volatile __u16 port = 4242;

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

SEC("xdp")
int toSocket(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u8 protocol;
	void *next = parse_transport(data, end, &protocol);

	if (!next || protocol != IPPROTO_UDP)
		return XDP_PASS;
	struct udphdr *udp = parse_udp(next, end);

	if (!udp || udp->dst != bpf_htons(port))
		return XDP_PASS;

	__u32 queue = ctx->rx_queue_index;
	__u64 *count = bpf_map_lookup_elem(&seen, &queue);

	if (count) {
		*count += 1;
	} else {
		__u64 one = 1;

		bpf_map_update_elem(&seen, &queue, &one, BPF_ANY);
	}
	return bpf_redirect_map(&sockets, queue, XDP_PASS);
}

char _license[] SEC("license") = "GPL";
