#include "packet.h"

const volatile __u64 rate = 1000;
const volatile __u64 burst = 2000;

struct bucket {
	__u64 tokens;
	__u64 refilled;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __be32);
	__type(value, struct bucket);
} buckets SEC(".maps");

SEC("xdp")
int limit(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	void *next;

	if (parse_link(data, end, &next) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	struct iphdr *ip = parse_ip(next, end);

	if (!ip)
		return XDP_PASS;
	__be32 src = ip->src;
	__u64 now = bpf_ktime_get_ns();
	struct bucket *bucket = bpf_map_lookup_elem(&buckets, &src);

	if (!bucket) {
		struct bucket fresh = { burst, now };

		bpf_map_update_elem(&buckets, &src, &fresh, BPF_ANY);
		return XDP_PASS;
	}
	__u64 silent = now - bucket->refilled;

	if (silent > 60000000000)
		silent = 60000000000;
	__u64 earned = silent * rate / 1000000000;

	if (earned) {
		__u64 tokens = bucket->tokens + earned;

		bucket->tokens = tokens < burst ? tokens : burst;
		bucket->refilled = now;
	}
	if (!bucket->tokens)
		return XDP_DROP;
	bucket->tokens--;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
