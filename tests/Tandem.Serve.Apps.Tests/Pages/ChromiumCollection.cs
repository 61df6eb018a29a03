namespace Tandem.Serve.Apps.Tests.Pages;

/// <summary>One after another, and not beside other servers.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class ChromiumCollection : ICollectionFixture<ChromiumFixture>;
