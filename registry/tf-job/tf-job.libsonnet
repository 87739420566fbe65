// A TFJob: a master (its chief), workers and parameter servers, all with the same program.
local common = import 'common.libsonnet';
local jobs = import 'job.libsonnet';

{
  local component = 'tf-job',

  check(params, env)::
    local check = common.checks(component);
    local checked = jobs.check(component, params, env) + {
      masters: if std.count([0, 1], params.num_masters) == 1 then params.num_masters
      else check.wrong('num_masters', params.num_masters, '0 or 1'),
      workers: check.wholeNumber('num_workers', params.num_workers, 0),
      parameterServers: check.wholeNumber('num_ps', params.num_ps, 0),
    };
    if checked.masters + checked.workers == 0
    then check.wrong('num_workers', params.num_workers, 'a whole number from 1 on where num_masters is 0')
    else common.allChecked(checked),

  objects(params, env)::
    local checked = self.check(params, env);
    local replica(number, gpus) =
      jobs.replica(checked, component, number, { container: 'tensorflow', gpus: gpus && checked.gpus > 0, volumes: [] });
    [
      jobs.job(checked, component, 'TFJob', {
        tfReplicaSpecs: {
          [if checked.masters > 0 then 'Chief']: replica(checked.masters, true),
          [if checked.workers > 0 then 'Worker']: replica(checked.workers, true),
          [if checked.parameterServers > 0 then 'PS']: replica(checked.parameterServers, false),
        },
      }),
      jobs.networkPolicy(checked, component),
    ],
}
