// A PyTorchJob: a master and workers, all with the same program.
local common = import 'common.libsonnet';
local jobs = import 'job.libsonnet';

{
  local component = 'pytorch-job',

  check(params, env)::
    local check = common.checks(component);
    common.allChecked(jobs.check(component, params, env) + {
      workers: check.wholeNumber('num_workers', params.num_workers, 0),
    }),

  objects(params, env)::
    local checked = self.check(params, env);
    local replica(number) = jobs.replica(checked, component, number, {
      container: 'pytorch',
      gpus: checked.gpus > 0,
      // Data loaders pass batches through it; what a container gets by itself is too small. It counts as its memory.
      volumes: [{ name: 'shm', mountPath: '/dev/shm', emptyDir: { medium: 'Memory', sizeLimit: checked.memory } }],
    });
    [
      jobs.job(checked, component, 'PyTorchJob', {
        pytorchReplicaSpecs: {
          Master: replica(1),
          [if checked.workers > 0 then 'Worker']: replica(checked.workers),
        },
      }),
      jobs.networkPolicy(checked, component),
    ],
}
