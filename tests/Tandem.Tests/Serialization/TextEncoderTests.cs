using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Tandem.Tests.Serialization;

/// <summary>What escapes text in JSON, HTML and URLs.</summary>
public class TextEncoderTests
{
    private const string Text = "<a href='x?y=1&z'> \"é\" Привет 你好 😀 \\ + \u2028 \ud800";

    public static TheoryData<TextEncoder> OnlyOnes => [JavaScriptEncoder.Default, JavaScriptEncoder.UnsafeRelaxedJsonEscaping, HtmlEncoder.Default, UrlEncoder.Default];

    public static TheoryData<TextEncoder> Made()
    {
        var settings = new TextEncoderSettings(UnicodeRanges.BasicLatin, UnicodeRanges.Cyrillic);
        settings.ForbidCharacters('a', 'x');
        settings.AllowCharacters('<', 'é');
        return
        [
            JavaScriptEncoder.Create(UnicodeRanges.All), JavaScriptEncoder.Create(UnicodeRanges.BasicLatin, UnicodeRanges.Cyrillic),
            JavaScriptEncoder.Create(UnicodeRanges.None), JavaScriptEncoder.Create(settings),
            HtmlEncoder.Create(UnicodeRanges.All), HtmlEncoder.Create(settings), UrlEncoder.Create(UnicodeRanges.All), UrlEncoder.Create(settings),
        ];
    }

    [Theory]
    [MemberData(nameof(OnlyOnes))]
    public void The_encoders_that_there_are_arrive_as_those(TextEncoder encoder) => Assert.Same(encoder, Wire.RoundTrip(encoder));

    [Theory]
    [MemberData(nameof(Made))]
    public void An_encoder_that_was_made_of_settings_escapes_the_same(TextEncoder encoder)
    {
        TextEncoder read = Wire.RoundTrip(encoder);
        Assert.Equal(encoder.GetType(), read.GetType());
        Assert.Equal(encoder.Encode(Text), read.Encode(Text));
        for (int i = 0; i < 0x11000; i++)
        {
            if (i is < 0xD800 or > 0xDFFF)
                Assert.Equal(encoder.WillEncode(i), read.WillEncode(i));
        }
    }

    [Fact]
    public void Json_options_keep_their_encoder()
    {
        var value = new { Name = Text };
        foreach (JavaScriptEncoder? encoder in new[] { null, JavaScriptEncoder.Default, JavaScriptEncoder.Create(UnicodeRanges.All) })
        {
            var options = new JsonSerializerOptions { Encoder = encoder };
            JsonSerializerOptions read = Wire.RoundTrip(options);
            Assert.Equal(JsonSerializer.Serialize(value, options), JsonSerializer.Serialize(value, read));
            Assert.Equal(encoder is null, read.Encoder is null);
        }
    }

    [Fact]
    public void An_encoder_of_a_users_class_is_refused_with_advice()
    {
        string message = Wire.Refused(new JsonSerializerOptions { Encoder = new Plain() }).ToString();
        Assert.Contains("Encoder", message, StringComparison.Ordinal);
        Assert.Contains("make it in the work", message, StringComparison.Ordinal);
    }

    private sealed unsafe class Plain : JavaScriptEncoder
    {
        public override int MaxOutputCharactersPerInputCharacter => 1;

        public override int FindFirstCharacterToEncode(char* text, int textLength) => -1;

        public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
        {
            numberOfCharactersWritten = 0;
            return false;
        }

        public override bool WillEncode(int unicodeScalar) => false;
    }
}
