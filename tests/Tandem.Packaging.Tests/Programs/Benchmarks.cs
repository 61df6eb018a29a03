using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;

// Once, in a program that it generates, builds and starts.
Job once = Job.Default.WithStrategy(RunStrategy.ColdStart).WithLaunchCount(1).WithWarmupCount(0).WithIterationCount(1).WithInvocationCount(1).WithUnrollFactor(1);
BenchmarkRunner.Run<Hosted>(DefaultConfig.Instance.AddJob(once).WithBuildTimeout(TimeSpan.FromMinutes(10)));
