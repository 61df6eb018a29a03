using Microsoft.Extensions.Options;

namespace Tandem.Hosting;

/// <summary>Checks the options of a pool as <see cref="WorkerPool"/> does, but when the host starts.</summary>
/// <param name="pool">The name of the pool's options.</param>
internal sealed class WorkerPoolOptionsValidation<TOptions>(string pool) : IValidateOptions<TOptions>
    where TOptions : WorkerPoolOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        if (name != pool)
            return ValidateOptionsResult.Skip;

        try
        {
            options.Validated();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
