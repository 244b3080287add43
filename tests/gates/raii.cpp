// SPDX-License-Identifier: MIT
// How a C++ program may wrap the handles: ended in any order, each exactly once.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include <iommufd/util/util.h>

namespace {

class error : public std::runtime_error {
public:
	explicit error(int ret) : std::runtime_error(iommufd_strerror(ret)), ret_(ret) {}
	std::uint32_t cause() const { return iommufd_cause(ret_); }

private:
	int ret_;
};

void check(int ret)
{
	if (ret)
		throw error(ret);
}

struct ending {
	void operator()(iommufd_ctx *ctx) const { iommufd_ctx_close(ctx); }
	void operator()(iommufd_ioas *ioas) const { iommufd_ioas_release(ioas); }
	void operator()(iommufd_hwpt *hwpt) const { iommufd_hwpt_release(hwpt); }
	void operator()(iommufd_vfio *file) const { iommufd_vfio_close(file); }
	void operator()(iommufd_device *device) const { iommufd_device_close(device); }
	void operator()(iommufd_access *access) const { iommufd_access_close(access); }
};

template <typename T> using handle = std::unique_ptr<T, ending>;

handle<iommufd_ctx> open_ctx(const char *path)
{
	iommufd_ctx *ctx = nullptr;

	check(iommufd_ctx_open(path, &ctx));
	return handle<iommufd_ctx>(ctx);
}

handle<iommufd_vfio> open_vfio(const char *path)
{
	iommufd_vfio *file = nullptr;

	check(iommufd_vfio_open(path, &file));
	return handle<iommufd_vfio>(file);
}

} // namespace

int main()
{
	// A context keeps what was made of it, whatever ends first.
	handle<iommufd_ctx> ctx = open_ctx("/dev/null");
	iommufd_ioas *adopted = nullptr;
	check(iommufd_ioas_adopt(ctx.get(), 1, 0, &adopted));
	handle<iommufd_ioas> ioas(adopted);
	ctx.reset();
	ioas.reset();

	// Structs that begin with their size.
	iommufd_vfio_bind_opts opts = {};
	opts.size = sizeof(opts);
	handle<iommufd_vfio> file = open_vfio("/dev/null");
	ctx = open_ctx("/dev/null");
	try {
		check(iommufd_vfio_bind(file.get(), ctx.get(), &opts));
	} catch (const error &e) {
		iommufd_failure failure = {};
		failure.size = sizeof(failure);
		if (e.cause() != IOMMUFD_CAUSE_NOT_VFIO_DEVICE)
			return 1;
		std::puts(e.what());
	}
	try {
		open_ctx("/nonexistent");
	} catch (const error &e) {
		return e.cause() == IOMMUFD_CAUSE_NO_IOMMUFD ? 0 : 1;
	}
	return 1;
}
