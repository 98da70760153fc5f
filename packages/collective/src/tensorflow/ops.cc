// Collectives as ops of a TensorFlow graph: a compiled step meets the other ranks in its middle, where batch norm, the
// loss and the gradients need them. MPI is not linked: whoever loads the library hands over its functions and handles
// (`collective_connect`), which Open MPI and the standard ABI both pass as pointers.
//
// A call blocks its thread until all ranks have made theirs. So ranks must call in one order: the graph's control edges
// hold it (packages/tensorflow/src/passes/order-collectives.ts).
#include <cstdint>
#include <cstring>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

namespace {

using AllReduce = int (*)(const void*, void*, int, void*, void*, void*);
using AllGather = int (*)(const void*, int, void*, void*, int, void*, void*);
using ReduceScatter = int (*)(const void*, void*, int, void*, void*, void*);

struct Mpi {
  AllReduce all_reduce;
  AllGather all_gather;
  ReduceScatter reduce_scatter;
  void *world, *type, *sum, *in_place;
  int size;
};
Mpi mpi{};

enum Kind { kAllReduce, kAllGather, kReduceScatter };

void fail(TF_OpKernelContext* context, const char* message) {
  TF_Status* status = TF_NewStatus();
  TF_SetStatus(status, TF_FAILED_PRECONDITION, message);
  TF_OpKernelContext_Failure(context, status);
  TF_DeleteStatus(status);
}

template <Kind kind>
void compute(void*, TF_OpKernelContext* context) {
  if (mpi.size == 0) return fail(context, "collective op without ranks: connect them first");
  TF_Status* status = TF_NewStatus();
  TF_Tensor* input = nullptr;
  TF_GetInput(context, 0, &input, status);
  const int rank = TF_NumDims(input);
  int64_t dims[8];
  for (int i = 0; i < rank; i++) dims[i] = TF_Dim(input, i);
  const int64_t count = static_cast<int64_t>(TF_TensorByteSize(input) / sizeof(float));
  if (kind == kReduceScatter && dims[0] % mpi.size != 0) {
    TF_DeleteTensor(input);
    TF_DeleteStatus(status);
    return fail(context, "rows do not divide among the ranks");
  }
  int64_t results = count;
  if (kind == kAllGather) dims[0] *= mpi.size, results *= mpi.size;
  if (kind == kReduceScatter) dims[0] /= mpi.size, results /= mpi.size;
  // A sum may take the memory of its summand, where nobody else reads that.
  int candidate = 0, forwarded = -1;
  TF_Tensor* output =
      kind == kAllReduce
          ? TF_ForwardInputOrAllocateOutput(context, &candidate, 1, 0, dims, rank, &forwarded, status)
          : TF_AllocateOutput(context, 0, TF_FLOAT, dims, rank, results * sizeof(float), status);
  if (TF_GetCode(status) != TF_OK) {
    TF_OpKernelContext_Failure(context, status);
  } else {
    void *from = TF_TensorData(input), *to = TF_TensorData(output);
    int code;
    if (kind == kAllReduce)
      code = mpi.all_reduce(from == to ? mpi.in_place : from, to, static_cast<int>(count), mpi.type, mpi.sum, mpi.world);
    else if (kind == kAllGather)
      code = mpi.all_gather(from, static_cast<int>(count), mpi.type, to, static_cast<int>(count), mpi.type, mpi.world);
    else
      code = mpi.reduce_scatter(from, to, static_cast<int>(results), mpi.type, mpi.sum, mpi.world);
    if (code != 0) fail(context, "mpi refuses a collective");
  }
  if (output) TF_DeleteTensor(output);
  TF_DeleteTensor(input);
  TF_DeleteStatus(status);
}

template <Kind kind>
bool add(const char* name) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  TF_OpDefinitionBuilderAddInput(definition, "input: float");
  TF_OpDefinitionBuilderAddOutput(definition, "output: float");
  TF_OpDefinitionBuilderAddAttr(definition, "ranks: int");
  // No rewrite of the graph may merge, drop or precompute a call.
  TF_OpDefinitionBuilderSetIsStateful(definition, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext* context, TF_Status* result) {
    if (kind != kAllReduce) return TF_ShapeInferenceContextSetUnknownShape(context, result);
    TF_ShapeHandle* shape = TF_NewShapeHandle();
    TF_ShapeInferenceContextGetInput(context, 0, shape, result);
    if (TF_GetCode(result) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, shape, result);
    TF_DeleteShapeHandle(shape);
  });
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK)
    TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", nullptr, compute<kind>, nullptr), status);
  const bool done = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return done;
}

}  // namespace

/// Registers the ops, once a process, and connects them to MPI. Returns 0 where TensorFlow refuses them.
extern "C" int collective_connect(void* all_reduce, void* all_gather, void* reduce_scatter, void* world, void* type,
                                  void* sum, void* in_place, int size) {
  static const bool added = add<kAllReduce>("CollectiveAllReduceSum") && add<kAllGather>("CollectiveAllGatherRows") &&
                            add<kReduceScatter>("CollectiveReduceScatterRows");
  mpi = {reinterpret_cast<AllReduce>(all_reduce),
         reinterpret_cast<AllGather>(all_gather),
         reinterpret_cast<ReduceScatter>(reduce_scatter),
         world,
         type,
         sum,
         in_place,
         size};
  return added;
}
